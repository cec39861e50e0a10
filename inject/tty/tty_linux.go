package tty

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// WithoutStop runs fn, in which no terminal stops us. The signal is blocked in
// this thread and not ignored, since a command would inherit that.
func WithoutStop(fn func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, before unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGTTOU - 1)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &set, &before) == nil {
		defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }()
	}
	fn()
}
