//go:build linux && (amd64 || arm64)

package supervise

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/squire-env/squire/inject/signals"
)

// threadWaiter waits in sigtimedwait(2), as an init in C does: a signal then
// costs one wake-up instead of the three between a Go handler, the runtime's
// own loop and a goroutine.
//
// It is best in the process's first thread, which the kernel prefers for signals
// to the process, as long as that thread wants them: so they are blocked there,
// and waited for. While that thread is at work elsewhere, other threads take
// them and pass them on; nothing is lost.
type threadWaiter struct {
	pid, tid int
	caught   signals.Set
	blocked  signals.Set   // by this thread
	start    signals.Start // what children are to ignore and to block
	resets   signals.Set   // of those to ignore, what a child of Go's fork does not
	warn     func(format string, args ...any)
}

// libcs are signals that glibc keeps for itself. Its posix_spawn, by which make
// starts everything, has each program ignore them: that alone is worth no step.
const libcs signals.Set = 1<<(32-1) | 1<<(33-1)

// stepTime is how long a step may take to begin; a few ms are usual.
const stepTime = time.Second

// newWaiter must be called by a goroutine that is locked to its thread.
func newWaiter(caught signals.Set, warn func(format string, args ...any)) waiter {
	w := &threadWaiter{pid: unix.Getpid(), tid: unix.Gettid(), start: signals.Inherited(), warn: warn}
	w.caught = caught &^ (w.start.Ignored & libcs)
	before := signals.Catch(w.caught)
	if !w.start.Complete {
		w.start.Blocked = before
	}
	w.blocked = signals.Block(before)
	signals.Block(w.blocked)
	for sig := range (w.start.Ignored &^ libcs).All() {
		if !signals.IsIgnored(sig) {
			w.resets |= signals.Of(sig)
		}
	}
	return w
}

func (w *threadWaiter) wait(until time.Time) (came []arrival) {
	all, sent := signals.Wait(w.caught, until)
	for sig := range all.All() {
		came = append(came, arrival{sig, sent.Has(sig)})
	}
	return came
}

// kick sends the thread a signal of its own, which waits until it is asked for.
func (w *threadWaiter) kick() { _ = unix.Tgkill(w.pid, w.tid, unix.SIGCHLD) }

// stop unblocks CONT here, too: the kernel drops none that is blocked in the
// first thread.
func (w *threadWaiter) stop(group bool) {
	defer signals.Block(w.blocked)
	signals.Block(w.blocked &^ signals.Of(unix.SIGTSTP, unix.SIGCONT))
	stopUs(nil, group)
}

func (w *threadWaiter) fork(path string, argv []string, attr *syscall.ProcAttr, pids []string) (int, error) {
	defer signals.Block(w.blocked)
	var denied error
	if w.resets != 0 || len(pids) > 0 {
		signals.Block(^signals.Set(0)) // what comes during the step is the command's
		s := step{ignored: w.start.Ignored, blocked: w.start.Blocked, parent: w.pid, thread: w.tid, dies: attr.Sys != nil && attr.Sys.Pdeathsig != 0, pids: pids}
		hidden := *attr
		hidden.Env = swapGo(attr.Env)
		pid, err := syscall.ForkExec("/proc/self/exe", s.argv(path, argv), &hidden)
		if err == nil { // until Go's handlers are gone there, nothing is forwarded
			signals.Await(unix.SIGCHLD, pid, time.Now().Add(stepTime))
			w.kick() // which may have been taken
			return pid, nil
		}
		denied = err
	}
	signals.Block(w.start.Blocked)
	pid, err := syscall.ForkExec(path, argv, attr)
	if err == nil && denied != nil {
		w.warn("squire cannot start itself as /proc/self/exe (%v): %s does not ignore all signals that squire was started to, and LISTEN_PID and the like do not name it", denied, argv[0])
	}
	return pid, err
}
