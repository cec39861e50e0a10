package supervise

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// adoptOrphans makes whatever is orphaned below us our child, as it is PID 1's.
func adoptOrphans() error {
	if unix.Getpid() == 1 {
		return nil
	}
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}

// hide closes /proc/PID/environ, where our own credentials are, and all else
// there, to the command: it may run as the same user.
func hide() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// dieWithParent: however we die, the command does not live on. The kernel ties
// that to the thread that forks, which lives as long as we do.
func dieWithParent(sys *syscall.SysProcAttr) { sys.Pdeathsig = syscall.SIGKILL }

// catchesStop: TSTP is caught, and the command decides what it means.
const catchesStop = true

// stopUs stops us as a process that does not catch TSTP, after our whole group
// if group says so, and returns when somebody has continued us. The kernel then
// drops the CONT when it is sent, so that none comes late by way of another
// thread. Go cannot do that: it keeps its handlers. The TSTP is for this very
// thread, since one for the process would stop it when this has run on.
func stopUs(_ chan os.Signal, group bool) {
	defer disposition(unix.SIGCONT, defaultAction)()
	defer disposition(unix.SIGTSTP, ignore)()
	if group {
		_ = unix.Kill(0, unix.SIGTSTP)
	}
	disposition(unix.SIGTSTP, defaultAction)
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGTSTP)
}

const defaultAction, ignore = 0, 1

// disposition sets that of a signal, and returns what sets it back.
func disposition(sig unix.Signal, to uint64) (back func()) {
	var before [16]uint64 // more than a struct sigaction has on any machine
	action := [16]uint64{to}
	set := func(to, was *[16]uint64) {
		_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(was)), 8, 0, 0)
	}
	set(&action, &before)
	return func() { set(&before, nil) }
}
