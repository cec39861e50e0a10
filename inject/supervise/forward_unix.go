//go:build unix

package supervise

import (
	"fmt"
	"runtime"
	"syscall"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/signals"
)

// DefaultForward are the signals that are forwarded by default: all that can be.
func DefaultForward() (all []syscall.Signal) {
	last := syscall.Signal(31)
	if runtime.GOOS == "linux" {
		last = signals.Last
	}
	for sig := syscall.Signal(1); sig <= last; sig++ {
		if canForward(sig) {
			all = append(all, sig)
		}
	}
	return all
}

// CheckForward says whether a signal can be forwarded.
func CheckForward(sig syscall.Signal) error {
	if !canForward(sig) {
		return fmt.Errorf("%s cannot be forwarded", change.SignalName(sig))
	}
	return nil
}

// canForward: KILL and STOP cannot be caught, CHLD is how the parent learns of
// ends, and the rest mean the process that they are sent to, or belong to the Go
// runtime.
func canForward(sig syscall.Signal) bool {
	switch sig {
	case syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGCHLD, syscall.SIGURG, syscall.SIGPIPE,
		syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU:
		return false
	}
	return true
}

// asksToEnd says whether a signal ends the command for good: INT and QUIT unless
// it keeps running, see doubt; TERM, and those by which others end a process that
// they hold for broken, as systemd's watchdog does by ABRT, in any case.
func asksToEnd(sig syscall.Signal) (asks, sure bool) {
	switch sig {
	case syscall.SIGINT, syscall.SIGQUIT:
		return true, false
	case syscall.SIGTERM, syscall.SIGABRT, syscall.SIGSYS, syscall.SIGTRAP,
		syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL:
		return true, true
	}
	return false, false
}
