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

// uncaught runs fn while TSTP and CONT do what they do in a process that does not
// catch them. The kernel drops such a CONT when it is sent, so none can come late
// by way of another thread. Go cannot do that: it keeps its handlers.
func uncaught(_ chan os.Signal, fn func()) {
	for _, sig := range []syscall.Signal{syscall.SIGTSTP, syscall.SIGCONT} {
		var byDefault, before [16]uint64 // more than a struct sigaction has on any machine
		set := func(to, was *[16]uint64) bool {
			_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(was)), 8, 0, 0)
			return errno == 0
		}
		if set(nil, &before) && before[0] != 1 /* SIG_IGN */ && set(&byDefault, nil) {
			defer set(&before, nil)
		}
	}
	fn()
}
