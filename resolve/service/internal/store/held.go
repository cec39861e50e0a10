package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve"
	bolt "go.etcd.io/bbolt"
)

// held keeps the file open, and groups concurrent updates into one commit:
// the disk is waited for once for all of them.
type held struct {
	b  *Bolt
	mu sync.RWMutex // guards db: written by whoever swaps it, read by all that use it
	db *bolt.DB     // nil until the first use

	opening sync.Mutex // before mu: one opens, the others wait for it
	lock    *lock

	calls   chan *call
	closing chan struct{}
	once    sync.Once
	writer  sync.WaitGroup
}

type call struct {
	fn   func(Tx) error
	ctx  context.Context
	err  error
	done chan struct{}
}

func newHeld(b *Bolt) *held {
	return &held{b: b, calls: make(chan *call, 1024), closing: make(chan struct{})}
}

var errClosed = fmt.Errorf("%w: the store is closed", resolve.ErrUnavailable)

// use opens the file if need be and runs fn with it.
func (h *held) use(ctx context.Context, fn func(*bolt.DB) error) error {
	for {
		h.mu.RLock()
		if h.db != nil {
			defer h.mu.RUnlock()
			return fn(h.db)
		}
		h.mu.RUnlock()
		if err := h.open(ctx); err != nil {
			return err
		}
	}
}

func (h *held) open(ctx context.Context) error {
	h.opening.Lock()
	defer h.opening.Unlock()
	select {
	case <-h.closing:
		return errClosed
	default:
	}
	h.mu.RLock()
	opened := h.db != nil
	h.mu.RUnlock()
	if opened {
		return nil
	}
	if h.lock == nil {
		l, err := h.b.lockToWrite(ctx)
		if err != nil {
			return err
		}
		h.lock = l
		h.writer.Add(1)
		go h.write()
	}
	db, err := h.b.open(false)
	if err == nil {
		h.mu.Lock()
		h.db = db
		h.mu.Unlock()
	}
	return err
}

func (h *held) isOpen() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.db != nil
}

func (h *held) view(ctx context.Context, fn func(Tx) error) error {
	return h.use(ctx, func(db *bolt.DB) error { return h.b.run(db, false, fn) })
}

func (h *held) update(ctx context.Context, fn func(Tx) error) error {
	if err := h.use(ctx, func(*bolt.DB) error { return nil }); err != nil {
		return err
	}
	c := &call{fn: fn, ctx: ctx, done: make(chan struct{})}
	select {
	case h.calls <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-h.closing:
		return errClosed
	}
	// No way out on ctx from here: what was begun must be told.
	select {
	case <-c.done:
		return c.err
	case <-h.closing:
	}
	h.writer.Wait()
	select {
	case <-c.done:
		return c.err
	default:
		return errClosed
	}
}

// write is the one writer. It commits whoever is waiting, together.
func (h *held) write() {
	defer h.writer.Done()
	debug.SetPanicOnFault(true)
	var took time.Duration
	expect := 1
	for {
		var group []*call
		select {
		case c := <-h.calls:
			group = h.gather(c, expect, took/2)
		case <-h.closing:
			return
		}
		start := time.Now()
		h.commit(group)
		took = time.Since(start)
		expect = len(group) + len(h.calls)
		for _, c := range group {
			close(c.done)
		}
	}
}

// gather waits a little for those who took part in the last commits and are
// about to come again: a commit costs the same for one and for a hundred. A
// lone caller waits for nobody.
func (h *held) gather(first *call, expect int, patience time.Duration) []*call {
	group := []*call{first}
	until := time.Now().Add(patience)
	for len(group) < 1024 {
		select {
		case c := <-h.calls:
			group = append(group, c)
			continue
		default:
		}
		if len(group) >= expect || !time.Now().Before(until) {
			break
		}
		runtime.Gosched()
	}
	return group
}

// commit runs the group in one transaction. A call that fails ends it; it is
// answered, left out, and the others run again without it.
func (h *held) commit(group []*call) {
	rest := group
	for len(rest) > 0 {
		var failed *call
		var purge bool
		err := h.use(context.Background(), func(db *bolt.DB) error {
			return h.b.run(db, true, func(tx Tx) error {
				for _, c := range rest {
					if c.err = c.ctx.Err(); c.err == nil {
						c.err = c.fn(tx)
					}
					if c.err != nil {
						failed = c
						return c.err
					}
				}
				purge = tx.(*boltTx).purge
				return nil
			})
		})
		if failed != nil {
			rest = without(rest, failed)
			continue
		}
		if err == nil && purge {
			err = h.compact()
		}
		for _, c := range rest {
			c.err = err
		}
		return
	}
}

func without(calls []*call, gone *call) []*call {
	var rest []*call
	for _, c := range calls {
		if c != gone {
			rest = append(rest, c)
		}
	}
	return rest
}

// compact swaps the file under the handle, while nobody uses it.
func (h *held) compact() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.db.Close()
	h.db = nil
	if err == nil {
		err = h.b.compact()
	}
	db, oerr := h.b.open(false)
	if oerr == nil {
		h.db = db
	}
	return errors.Join(err, oerr)
}

func (h *held) close() (err error) {
	h.once.Do(func() {
		close(h.closing)
		h.opening.Lock()
		defer h.opening.Unlock()
		h.writer.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.db != nil {
			err = h.db.Close()
			h.db = nil
		}
		if h.lock != nil {
			h.lock.release()
			h.lock = nil
		}
	})
	return err
}
