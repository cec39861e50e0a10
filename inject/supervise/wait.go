//go:build unix

package supervise

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// waiter is how the parent's thread waits: for a signal, for a time, or until
// somebody kicks it. All but kick is for that thread. It has no end: until the
// process exits, with the command's code, no signal may end it otherwise.
type waiter interface {
	// wait returns the signals that came; none when it is time, after a kick,
	// or for no reason. The zero time is never.
	wait(until time.Time) []syscall.Signal
	// kick ends the wait, or the next one. Any goroutine may call it.
	kick()
	// unmasked runs fn with the signal mask that children are to inherit.
	unmasked(fn func())
	// rest catches the signals that end nobody, after the first fork: telling
	// Go of each costs the start of the command 20 µs.
	rest()
}

// caught are the signals to wait for: what is handed on, what ends us, and
// CHLD. One that we were started to ignore, as nohup does, stays ignored, here
// and in the command.
func caught(forward []syscall.Signal) (all []syscall.Signal) {
	for _, sig := range append([]syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, forward...) {
		if !slices.Contains(all, sig) && !signal.Ignored(sig) {
			all = append(all, sig)
		}
	}
	return append(all, syscall.SIGCHLD)
}

// harmless says that nothing happens to a process that does not catch it.
func harmless(sig syscall.Signal) bool {
	return sig == syscall.SIGCHLD || sig == syscall.SIGWINCH || sig == syscall.SIGCONT
}

func notify(c chan os.Signal, signals []syscall.Signal, harmlessOnes bool) {
	for _, sig := range signals {
		if harmless(sig) == harmlessOnes {
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
	notify(w.signals, signals, false)
	return w
}

func (w *channelWaiter) rest() { notify(w.signals, w.caught, true) }

func (w *channelWaiter) wait(until time.Time) (came []syscall.Signal) {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		timer = t.C
	}
	select {
	case sig := <-w.signals:
		came = append(came, sig.(syscall.Signal))
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
