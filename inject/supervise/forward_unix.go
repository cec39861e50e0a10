//go:build unix

package supervise

import (
	"fmt"
	"syscall"

	"github.com/squire-env/squire/inject/change"
)

// DefaultForward are the signals that are forwarded by default.
func DefaultForward() []syscall.Signal {
	return []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT}
}

// CheckForward says whether a signal can be forwarded: KILL and STOP cannot be
// caught, CHLD is how the parent learns of ends, and the rest mean the process
// that they are sent to, or belong to the Go runtime.
func CheckForward(sig syscall.Signal) error {
	switch sig {
	case syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGCHLD, syscall.SIGURG, syscall.SIGPIPE, syscall.SIGPROF,
		syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
		syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGSYS:
		return fmt.Errorf("%s cannot be forwarded", change.SignalName(sig))
	}
	return nil
}
