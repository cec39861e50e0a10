package supervise

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// adoptOrphans makes whatever is orphaned below us our child, as it is PID 1's.
func adoptOrphans() {
	if unix.Getpid() != 1 {
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	}
}

// hide closes /proc/PID/environ, where our own credentials are, and all else
// there, to the command: it may run as the same user.
func hide() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// dieWithParent: however we die, the command does not live on. The kernel ties
// that to the thread that forks, which lives as long as we do.
func dieWithParent(sys *syscall.SysProcAttr) { sys.Pdeathsig = syscall.SIGKILL }

// withoutTTOU runs fn while the terminal may be set from the background.
func withoutTTOU(fn func()) {
	var set, before unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGTTOU - 1)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &set, &before) == nil {
		defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }()
	}
	fn()
}
