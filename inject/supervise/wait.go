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
}

// caught are the signals to wait for: what is handed on, what ends us, and
// CHLD. One that we were started to ignore, as nohup does, stays ignored, here
// and in the command.
func caught(forward []syscall.Signal) (all []syscall.Signal) {
	for _, sig := range append([]syscall.Signal{syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT}, forward...) {
		if !slices.Contains(all, sig) && (sig == syscall.SIGCHLD || !signal.Ignored(sig)) {
			all = append(all, sig)
		}
	}
	return all
}

// channelWaiter waits as every Go program does.
type channelWaiter struct {
	signals chan os.Signal
	kicked  chan struct{}
}

func newChannelWaiter(signals []syscall.Signal) *channelWaiter {
	w := &channelWaiter{signals: make(chan os.Signal, 1024), kicked: make(chan struct{}, 1)}
	notify(w.signals, signals)
	return w
}

func notify(c chan os.Signal, signals []syscall.Signal) {
	for _, sig := range signals {
		signal.Notify(c, sig)
	}
}

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
