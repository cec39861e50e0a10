package audit

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/squire-env/squire/resolve"
)

// Batch commits the lines of concurrent accesses together: while one group is
// written to the disk, the next one collects.
type Batch struct {
	commit func(*Group) error

	mu      sync.Mutex
	next    *Group
	spare   Group // the buffers of an earlier group, to be reused
	writing bool  // the writer was started
	closed  bool
	wake    chan struct{}
	done    sync.WaitGroup
}

// Group is a number of lines that are committed together.
type Group struct {
	Lines []byte  // each with its newline
	First uint64  // the highest first of its Record calls
	Uses  []Entry // those that are uses of a secret

	waiting int // Record calls
	done    chan struct{}
	err     error
}

// errEnded is the error of a trail that is closed.
var errEnded = fmt.Errorf("%w: the audit trail is closed", resolve.ErrUnavailable)

// NewBatch makes a Batch. commit makes a group durable; it is not called
// concurrently, and must not retain the lines.
func NewBatch(commit func(*Group) error) *Batch {
	return &Batch{commit: commit, wake: make(chan struct{}, 1)}
}

// Record returns when the entries are durable, or could not be written, or ctx
// ends: then they may still become durable. first is the number of the first
// file that is not merged. The first call starts the writer.
func (b *Batch) Record(ctx context.Context, first uint64, entries []Entry, isUse func(Entry) bool) error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return errEnded
	}
	if !b.writing {
		b.writing = true
		b.done.Go(b.write)
	}
	g := b.next
	if g == nil {
		g = &Group{Lines: b.spare.Lines[:0], Uses: b.spare.Uses[:0], done: make(chan struct{})}
		b.next, b.spare = g, Group{}
	}
	g.waiting++
	g.First = max(g.First, first)
	for _, e := range entries {
		g.Lines = e.AppendLine(g.Lines)
		if isUse(e) {
			g.Uses = append(g.Uses, e)
		}
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // it is awake already
	}
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Batch) write() {
	last := 0
	for range b.wake {
		b.gather(last)
		b.mu.Lock()
		g, closed := b.next, b.closed
		b.next = nil
		b.mu.Unlock()
		if g != nil {
			last = g.waiting
			g.err = b.commit(g)
			close(g.done)
			b.mu.Lock()
			if cap(g.Lines) <= maxFile {
				b.spare = Group{Lines: g.Lines, Uses: g.Uses}
			}
			b.mu.Unlock()
		}
		if closed {
			return
		}
	}
}

// gather yields to other goroutines as long as that makes the group grow, until
// it is as large as the last one: the disk needs as long for one line as for
// many, and the callers of the last group usually come again at once. A single
// caller does not wait.
func (b *Batch) gather(enough int) {
	for before := 0; ; {
		b.mu.Lock()
		now := 0
		if b.next != nil {
			now = b.next.waiting
		}
		b.mu.Unlock()
		if now == before || now >= enough {
			return
		}
		before = now
		runtime.Gosched()
	}
}

// Close commits the group that is collecting, and accepts no more entries. It may
// be called more than once.
func (b *Batch) Close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	b.mu.Unlock()
	b.done.Wait()
}
