package main

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

// outbox takes the writing of messages off a parent's hands: whoever reads
// standard error may have stopped to, and the command must not wait for that.
// What does not fit is dropped, and counted.
type outbox struct {
	lines   chan []byte
	dropped atomic.Int64
	broken  sync.Once // before the first line: a broken standard error must not end us
	done    chan struct{}
}

func newOutbox(to io.Writer) *outbox {
	o := &outbox{lines: make(chan []byte, 256), done: make(chan struct{})}
	go func() {
		defer close(o.done)
		for line := range o.lines {
			o.broken.Do(func() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) })
			_, _ = to.Write(line) // nobody is left to be told of a broken one
			if n := o.dropped.Swap(0); n > 0 {
				fmt.Fprintf(to, "squire: warning: %d messages were lost, since nobody read them\n", n)
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

// close waits for what was said to be written, but not longer than patience.
func (o *outbox) close(patience time.Duration) {
	close(o.lines)
	select {
	case <-o.done:
	case <-time.After(patience):
	}
}
