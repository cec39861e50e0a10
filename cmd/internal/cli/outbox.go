package cli

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// outbox writes lines in a goroutine of its own. If its reader is too slow,
// lines are dropped and counted.
type outbox struct {
	lines   chan []byte
	dropped atomic.Int64
	broken  sync.Once // before the first line: SIGPIPE of standard error must not end the process
	done    chan struct{}
}

func newOutbox(program string, to io.Writer) *outbox {
	o := &outbox{lines: make(chan []byte, 256), done: make(chan struct{})}
	go func() {
		defer close(o.done)
		for line := range o.lines {
			o.broken.Do(func() {
				if !signal.Ignored(syscall.SIGPIPE) {
					signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
				}
			})
			_, _ = to.Write(line) // there is nowhere to report that standard error is broken
			if n := o.dropped.Swap(0); n > 0 {
				fmt.Fprintf(to, "%s: warning: %d messages were lost, since nobody read them\n", program, n)
			}
		}
	}()
	return o
}

func (o *outbox) Write(line []byte) (int, error) {
	select {
	case o.lines <- append([]byte(nil), line...):
	default:
		o.dropped.Add(1)
	}
	return len(line), nil
}

// close waits until all lines are written, but no longer than timeout.
func (o *outbox) close(timeout time.Duration) {
	close(o.lines)
	select {
	case <-o.done:
	case <-time.After(timeout):
	}
}
