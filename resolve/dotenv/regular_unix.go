//go:build unix

package dotenv

import "syscall"

// readRegular reads a regular file in this goroutine and without the poller: no file here can block for long, and
// neither a thread nor an epoll set is made at the start of every container. ok is false where the path is something
// else, or anything went wrong: then the long way finds out what, and says so.
//
// It looks before it opens: merely opening a FIFO wakes a writer that waits for its reader, and what that writes is lost
// with the descriptor. O_NONBLOCK is for one that was put in the file's place since: opening it must not wait.
func readRegular(path string) (data []byte, ok bool) {
	var info syscall.Stat_t
	if err := syscall.Stat(path, &info); err != nil || !isRegular(&info) {
		return nil, false
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, false
	}
	defer syscall.Close(fd)
	if err := syscall.Fstat(fd, &info); err != nil || !isRegular(&info) || info.Size > MaxFile {
		return nil, false
	}
	// One byte over the size, so that the end is seen without growing the buffer.
	data = make([]byte, 0, max(info.Size, 511)+1)
	for len(data) <= MaxFile {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := syscall.Read(fd, data[len(data):cap(data)])
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return nil, false
		case n == 0:
			return data, true
		default:
			data = data[:len(data)+n]
		}
	}
	return nil, false
}

func isRegular(info *syscall.Stat_t) bool { return uint32(info.Mode)&syscall.S_IFMT == syscall.S_IFREG }
