//go:build unix

package dotenv

import "syscall"

// readRegular reads a regular file in this goroutine and without the poller: a regular file does not block for long, and
// this saves a thread and an epoll set at each start of a container. ok is false if the path is not a regular file or
// there was an error: then the caller reads it in the general way, which reports the error.
//
// It checks before it opens the file: opening a FIFO would wake its writer, whose data would be lost. O_NONBLOCK is for
// the case that a FIFO has replaced the file since then.
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
	// One byte more than the size, so that the end is found without growing the buffer.
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
