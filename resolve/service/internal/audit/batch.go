package audit

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/squire-env/squire/resolve"
)

// Batch has the lines of concurrent accesses committed together: while one
// group is on its way to the disk, the next one gathers.
type Batch struct {
	commit func(*Group) error

	mu      sync.Mutex
	next    *Group
	spare   Group // what the group before had its lines in, to be used again
	writing bool  // there is a writer
	closed  bool
	wake    chan struct{}
	done    sync.WaitGroup
}

// Group is what is committed together.
type Group struct {
	Lines []byte // each with its newline
	First uint64 // the highest that any of them was told
	Uses  []Entry

	waiting int // callers
	done    chan struct{}
	err     error
}

// errEnded is the answer of a trail that is closed.
var errEnded = fmt.Errorf("%w: the audit trail is closed", resolve.ErrUnavailable)

// NewBatch makes a Batch on a function that makes a group durable. It is not
// called concurrently, and must not keep the lines.
func NewBatch(commit func(*Group) error) *Batch {
	return &Batch{commit: commit, wake: make(chan struct{}, 1)}
}

// Record returns when the entries are durable, or cannot be, or ctx ends:
// then they may become so. The writer is started by the first of them.
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
	default: // it is being woken
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

// gather lets others run for as long as that makes the group grow, and until
// it is as large as the last one: the disk takes as long for one line as for
// many, and who took part is about to come again. A lone caller waits for
// nobody.
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

// Close commits what is gathered, and takes no more. Closing twice is fine.
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
