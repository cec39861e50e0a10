package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve"
)

// held keeps the file open, and groups concurrent updates into one commit:
// the disk is waited for once for all of them.
type held struct {
	b  *Bolt
	mu sync.RWMutex // guards db: written by whoever swaps it, read by all that use it
	db *bolt.DB     // nil until the first use

	opening sync.Mutex // before mu: one opens, the others wait for it
	lock    *lock

	queue   queue
	closing chan struct{}
	once    sync.Once
	writer  sync.WaitGroup
}

type call struct {
	fn    func(Tx) error
	ctx   context.Context
	purge bool // it deleted something
	err   error
	bug   any // what fn has panicked with
	done  chan struct{}
}

var errBug = errors.New("a panic in a transaction")

// run is guard, for the writer: the panic of one call must not end the writer,
// and the others with it. It goes on in the goroutine of the call.
func (c *call) run(path string, tx Tx) (err error) {
	defer func() {
		if c.bug = recover(); c.bug != nil {
			err = errBug
		}
	}()
	return guard(path, func() error { return c.fn(tx) })
}

// answer is the call's own, when it is done.
func (c *call) answer() error {
	if c.bug != nil {
		panic(c.bug)
	}
	return c.err
}

func newHeld(b *Bolt) *held {
	return &held{b: b, queue: newQueue(), closing: make(chan struct{})}
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
	if err := ctx.Err(); err != nil {
		return err
	}
	return h.use(ctx, func(db *bolt.DB) error { _, err := h.b.run(db, false, fn); return err })
}

func (h *held) update(ctx context.Context, fn func(Tx) error) error {
	if err := h.use(ctx, func(*bolt.DB) error { return nil }); err != nil {
		return err
	}
	c := &call{fn: fn, ctx: ctx, done: make(chan struct{})}
	h.queue.add(c)
	// No way out on ctx from here: what was begun must be told.
	select {
	case <-c.done:
		return c.answer()
	case <-h.closing:
	}
	h.writer.Wait()
	select {
	case <-c.done:
		return c.answer()
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
		group := h.queue.take(expect, took/2, h.closing)
		if group == nil {
			return
		}
		start := time.Now()
		h.commit(group)
		took = time.Since(start)
		// Who took part, and who came meanwhile, is about to come again.
		expect = len(group) + h.queue.len()
		for _, c := range group {
			close(c.done)
		}
	}
}

// commit runs the group in one transaction. A call that fails ends it; it is
// answered, left out, and the others run again without it.
func (h *held) commit(group []*call) {
	rest := group
	for len(rest) > 0 {
		var failed *call
		var left leftover
		err := h.use(context.Background(), func(db *bolt.DB) (err error) {
			left, err = h.b.run(db, true, func(t Tx) error {
				tx := t.(*boltTx)
				any := false
				for _, c := range rest {
					tx.purge = false
					if c.err = c.ctx.Err(); c.err == nil {
						c.err = c.run(h.b.path, tx)
					}
					if c.err != nil {
						failed = c
						return c.err
					}
					c.purge = tx.purge
					any = any || c.purge
				}
				tx.purge = any
				return nil
			})
			return err
		})
		if failed != nil {
			rest = without(rest, failed)
			continue
		}
		var perr error
		if err == nil {
			perr = h.b.purge(left, h.compact)
		}
		for _, c := range rest {
			if c.err = err; c.purge && err == nil {
				c.err = perr // the others have nothing to do with it
			}
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
