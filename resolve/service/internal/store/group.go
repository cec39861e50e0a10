package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/squire-env/squire/resolve"
)

// ErrClosed is the error of a store that is closed.
var ErrClosed = fmt.Errorf("%w: the store is closed", resolve.ErrUnavailable)

// Group commits concurrent updates together, so that they wait for the disk only
// once. It is safe for concurrent use.
type Group struct {
	transact func(ctx context.Context, fn func(Tx) error) error
	queue    queue

	mu              sync.Mutex // guards started and closed
	started, closed bool
	closing         chan struct{}
	writer          sync.WaitGroup
}

// NewGroup makes a Group. transact runs fn in one transaction: what fn did is
// durable when transact returns nil, and undone otherwise. It may run fn several
// times, or not at all if the transaction cannot begin. It is not called
// concurrently. Its ctx ends when no caller waits any more.
func NewGroup(transact func(ctx context.Context, fn func(Tx) error) error) *Group {
	return &Group{transact: transact, queue: newQueue(), closing: make(chan struct{})}
}

// Update is Store.Update. A call whose ctx ends before fn has begun is left out;
// after that, Update returns the result, even if ctx has ended. A panic of fn is
// raised here.
func (g *Group) Update(ctx context.Context, fn func(Tx) error) error {
	if !g.start() {
		return ErrClosed
	}
	c := &call{fn: fn, ctx: ctx, done: make(chan struct{})}
	g.queue.add(c)
	select {
	case <-c.done:
		return c.answer()
	case <-g.closing:
	case <-ctx.Done():
		if c.leave() {
			return ctx.Err()
		}
		select {
		case <-c.done:
			return c.answer()
		case <-g.closing:
		}
	}
	g.writer.Wait()
	select {
	case <-c.done:
		return c.answer()
	default:
		return ErrClosed
	}
}

func (g *Group) start() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.started && !g.closed {
		g.started = true
		g.writer.Go(g.write)
	}
	return !g.closed
}

// Close waits for the current transaction. It may be called more than once.
func (g *Group) Close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.closing)
	}
	g.mu.Unlock()
	g.writer.Wait()
}

// write is the only writer. It commits the waiting calls together.
func (g *Group) write() {
	var took time.Duration
	expect := 1
	for {
		group := g.queue.take(expect, took/2, g.closing)
		if group == nil {
			return
		}
		start := time.Now()
		g.commit(group)
		took = time.Since(start)
		// The callers of this group usually come again, beside those waiting now.
		expect = len(group) + g.queue.len()
		for _, c := range group {
			close(c.done)
		}
	}
}

// commit runs the group in one transaction. If a call fails, the transaction is
// undone, and the other calls run again without it.
func (g *Group) commit(group []*call) {
	ctx, stop := together(group)
	defer stop()
	rest := slices.Clone(group)
	for len(rest) > 0 {
		var failed *call
		err := g.transact(ctx, func(tx Tx) error {
			failed = nil
			rest = slices.DeleteFunc(rest, (*call).over)
			if len(rest) == 0 {
				return context.Canceled // nothing to commit
			}
			for _, c := range rest {
				if c.err = c.run(tx); c.err != nil {
					failed = c
					return c.err
				}
			}
			return nil
		})
		if failed == nil {
			for _, c := range rest {
				c.err = err
			}
			return
		}
		rest = slices.DeleteFunc(rest, func(c *call) bool { return c == failed })
	}
}

// together is a context that ends when the contexts of all calls have ended.
func together(calls []*call) (context.Context, func()) {
	if len(calls) == 1 {
		return calls[0].ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	var left atomic.Int64
	left.Store(int64(len(calls)))
	var stops []func() bool
	for _, c := range calls {
		stops = append(stops, context.AfterFunc(c.ctx, func() {
			if left.Add(-1) == 0 {
				cancel(c.ctx.Err())
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel(nil)
	}
}

// call is one Update in a Group.
type call struct {
	fn    func(Tx) error
	ctx   context.Context
	state atomic.Int32
	err   error
	bug   any // the panic of fn
	done  chan struct{}
}

// The states of a call.
const (
	waiting int32 = iota
	begun
	gone
)

func (c *call) leave() bool { return c.state.CompareAndSwap(waiting, gone) }

// over reports that a call must not run (again), because its caller has left.
func (c *call) over() bool {
	if c.err = c.ctx.Err(); c.err == nil && (c.state.CompareAndSwap(waiting, begun) || c.state.Load() == begun) {
		return false
	}
	return true
}

var errBug = errors.New("a panic in a transaction")

// run recovers a panic of one call, so that the writer and the other calls go on.
// answer raises it again, in the goroutine of the caller.
func (c *call) run(tx Tx) (err error) {
	defer func() {
		if c.bug = recover(); c.bug != nil {
			err = errBug
		}
	}()
	return c.fn(tx)
}

// answer is the result of a call that is done.
func (c *call) answer() error {
	if c.bug != nil {
		panic(c.bug)
	}
	return c.err
}
