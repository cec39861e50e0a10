//go:build unix && !(linux && (amd64 || arm64))

package supervise

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/squire-env/squire/inject/signals"
)

// channelWaiter waits as every Go program does.
type channelWaiter struct {
	signals chan os.Signal
	kicked  chan struct{}
}

// newWaiter leaves alone what is ignored: the command is to ignore it, too.
func newWaiter(caught signals.Set, _ func(string, ...any)) waiter {
	w := &channelWaiter{make(chan os.Signal, 1024), make(chan struct{}, 1)}
	for sig := range caught.All() {
		if sig == syscall.SIGCHLD || !signals.IsIgnored(sig) {
			signal.Notify(w.signals, sig)
		}
	}
	return w
}

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

func (w *channelWaiter) stop(group bool) { stopUs(w.signals, group) }

func (w *channelWaiter) fork(path string, argv []string, attr *syscall.ProcAttr, _ []string) (int, error) {
	return syscall.ForkExec(path, argv, attr)
}

// Step does nothing: there are no steps here.
func Step([]string) {}
