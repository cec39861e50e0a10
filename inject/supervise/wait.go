//go:build unix

package supervise

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
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
	// unmasked runs fn with the signal mask that children are to inherit.
	unmasked(fn func())
	// stopping runs fn, which stops us, as a process that catches nothing. The
	// CONT that ends that is not one to wait for.
	stopping(fn func())
	// rest catches, right after the first fork, the signals that are not urgent:
	// before it each would delay the start of the command by 30 µs.
	rest()
}

// arrival is a signal that came.
type arrival struct {
	syscall.Signal
	sent bool // by a process, to us. Go's handlers do not say that, so it may be false then, too
}

// byTerminal says whether it came to our whole process group, by a terminal.
func (a arrival) byTerminal() bool {
	switch a.Signal {
	case syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGWINCH:
		return !a.sent
	}
	return false
}

// caught are the signals to wait for: those that are forwarded, those that end
// us, and CHLD. HUP is one even if it is not forwarded: it would end us, and the
// command by KILL. TSTP is one where there is job control. One that we were
// started to ignore, as nohup does, stays ignored, here and in the command.
func caught(forward []syscall.Signal, jobControl bool) (all []syscall.Signal) {
	own := []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP}
	if jobControl && catchesStop {
		own = append(own, syscall.SIGTSTP)
	}
	for _, sig := range append(own, forward...) {
		if !slices.Contains(all, sig) && !signal.Ignored(sig) {
			all = append(all, sig)
		}
	}
	return append(all, syscall.SIGCHLD)
}

// urgent must be caught before the first fork: a signal between the
// fork and the catching would end us, and the command with us by KILL. Any other signal, at a moment when the command itself has caught
// nothing yet, may as well end us both.
func urgent(sig syscall.Signal) bool { return sig == syscall.SIGTERM || sig == syscall.SIGINT }

func notify(c chan os.Signal, signals []syscall.Signal, urgentOnes bool) {
	for _, sig := range signals {
		if urgent(sig) == urgentOnes {
			signal.Notify(c, sig)
		}
	}
}

// channelWaiter waits as every Go program does.
type channelWaiter struct {
	caught  []syscall.Signal
	signals chan os.Signal
	kicked  chan struct{}
}

func newChannelWaiter(signals []syscall.Signal) *channelWaiter {
	w := &channelWaiter{signals, make(chan os.Signal, 1024), make(chan struct{}, 1)}
	notify(w.signals, signals, true)
	return w
}

func (w *channelWaiter) rest() { notify(w.signals, w.caught, false) }

func (w *channelWaiter) wait(until time.Time) (came []arrival) {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		timer = t.C
	}
	select {
	case sig := <-w.signals:
		came = append(came, arrival{Signal: sig.(syscall.Signal)})
	case <-w.kicked:
	case <-timer:
	}
	return came
}

func (w *channelWaiter) kick() {
	select {
	case w.kicked <- struct{}{}:
	default:
	}
}

func (w *channelWaiter) unmasked(fn func()) { fn() }

func (w *channelWaiter) stopping(fn func()) { uncaught(w.signals, fn) }
