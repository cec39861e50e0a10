package audit

import (
	"os"

	"golang.org/x/sys/unix"
)

// dataSync leaves out what a reader of the bytes does not need, such as times.
func dataSync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
