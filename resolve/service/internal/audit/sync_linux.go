package audit

import (
	"os"

	"golang.org/x/sys/unix"
)

// dataSync makes the bytes durable, but not metadata such as times.
func dataSync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
