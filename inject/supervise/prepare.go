package supervise

import "runtime"

// Prepare is for a process that is going to Run a Parent, called by main's
// goroutine before anything else is done. It keeps that goroutine in the
// process's first thread, where Run wants to be, and has Go run one goroutine at
// a time. PIPE stays ignored if it was.
//
// A parent has no use for more, and pays for it: each time the first thread
// begins to wait for a signal while Go could run another goroutine beside it,
// the runtime's monitor wakes up every 70 µs for 10 ms, to see whether it should.
func Prepare() {
	runtime.LockOSThread()
	runtime.GOMAXPROCS(1)
	keepIgnored()
}
