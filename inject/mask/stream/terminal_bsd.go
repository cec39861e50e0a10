//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package stream

import "golang.org/x/sys/unix"

const (
	getMode = unix.TIOCGETA
	setMode = unix.TIOCSETA
	noKey   = 0xff // _POSIX_VDISABLE
)
