//go:build unix

package supervise

import (
	"os/signal"
	"syscall"
	"time"

	"github.com/squire-env/squire/inject/signals"
)

// waiter is how the parent's thread waits: for a signal, for a time, or until it
// is kicked. All but kick are for that thread. It has no end: until the process
// exits, with the command's code, no signal may end it otherwise.
type waiter interface {
	// wait returns the signals that came; none when it is time, after a kick,
	// or for no reason. The zero time is never.
	wait(until time.Time) []arrival
	// kick ends the wait, or the next one. Any goroutine may call it.
	kick()
	// stop stops us, or our whole group, and returns when somebody has continued
	// us: that CONT is not one to wait for.
	stop(group bool)
	// fork is syscall.ForkExec; the child ignores and blocks the signals that we
	// were started to, and the variables pids name it, where we can do that.
	fork(path string, argv []string, attr *syscall.ProcAttr, pids []string) (int, error)
}

// arrival is a signal that came.
type arrival struct {
	syscall.Signal
	sent bool // by a process, to us. That cannot always be known, so it may be false then, too
}

// byTerminal says whether it came to our whole process group, by a terminal.
func (a arrival) byTerminal() bool {
	switch a.Signal {
	case syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGWINCH:
		return !a.sent
	}
	return false
}

// caught are the signals to wait for, before the first fork: all that can be
// forwarded, since any other handling would end us, and the command by KILL;
// CHLD; and TSTP where there is job control and it is not ignored.
func caught(jobControl bool) signals.Set {
	all := signals.Of(syscall.SIGCHLD)
	for _, sig := range DefaultForward() {
		all |= signals.Of(sig)
	}
	if jobControl && catchesStop && !signals.IsIgnored(syscall.SIGTSTP) {
		all |= signals.Of(syscall.SIGTSTP)
	}
	return all
}

// keepIgnored is for PIPE, which we do not catch but Go does. URG is the other
// one, which Go needs.
func keepIgnored() {
	if signals.Inherited().Ignored.Has(syscall.SIGPIPE) {
		signal.Ignore(syscall.SIGPIPE)
	}
}
