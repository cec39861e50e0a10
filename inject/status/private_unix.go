//go:build unix

package status

import "syscall"

// makePrivate sets the mode that a socket is bound with, on Linux.
func makePrivate(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) }
