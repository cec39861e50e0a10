package app

// growStack makes the stack of its goroutine as large as a call of squire needs
// it. Otherwise it is doubled four times, and each time the runtime walks all of
// its frames, which costs more at the start of a process, where nothing of that is
// in memory yet, than parsing the command line.
//
//go:noinline
func growStack(never bool) byte {
	if never { // no array is made: its frame is what counts
		var frame [24 << 10]byte
		for i := range frame {
			frame[i] = byte(i)
		}
		return frame[len(frame)/2]
	}
	return 0
}
