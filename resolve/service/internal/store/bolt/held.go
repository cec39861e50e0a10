package bolt

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

// held keeps the file open, and groups concurrent updates into one commit.
type held struct {
	b  *Store
	mu sync.RWMutex // guards db: locked to replace it, read-locked to use it
	db *bbolt.DB    // nil until the first use

	opening sync.Mutex // locked before mu, to open the file
	lock    *lock
	closed  bool

	files uint64 // how often the file was opened; guarded by mu

	group *store.Group
}

func newHeld(b *Store) *held {
	h := &held{b: b}
	h.group = store.NewGroup(h.transact)
	return h
}

// use opens the file if necessary and runs fn with it.
func (h *held) use(ctx context.Context, fn func(*bbolt.DB) error) error {
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
	if h.closed {
		return store.ErrClosed
	}
	if h.isOpen() {
		return nil
	}
	if h.lock == nil {
		l, err := h.b.lockToWrite(ctx)
		if err != nil {
			return err
		}
		h.lock = l
	}
	db, err := h.b.open(false)
	if err == nil {
		h.mu.Lock()
		h.db = db
		h.files++
		h.mu.Unlock()
	}
	return err
}

func (h *held) isOpen() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.db != nil
}

func (h *held) view(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return h.use(ctx, func(db *bbolt.DB) error { _, err := h.b.run(db, false, fn); return err })
}

// stateOf numbers the state that a transaction sees; the caller has mu. A new
// file, after a compaction, counts its transactions from the start.
func (h *held) stateOf(txid int) uint64 { return h.files<<40 | uint64(txid)&(1<<40-1) }

func (h *held) update(ctx context.Context, fn func(store.Tx) error) error {
	if err := h.use(ctx, func(*bbolt.DB) error { return nil }); err != nil {
		return err
	}
	deleted := false
	err := h.group.Update(ctx, func(tx store.Tx) error {
		t := tx.(*transaction)
		before := t.deleted
		err := guard(h.b.path, func() error { return fn(tx) })
		deleted = t.deleted > before
		return err
	})
	var left *store.Unpurged
	if errors.As(err, &left) && !deleted {
		return nil // another call of the group has deleted
	}
	return err
}

// transact is one transaction of the group, and the purge that follows it.
func (h *held) transact(_ context.Context, fn func(store.Tx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var left leftover
	err := h.use(context.Background(), func(db *bbolt.DB) (err error) {
		left, err = h.b.run(db, true, fn)
		return err
	})
	if err != nil {
		return err
	}
	if err := h.b.purge(left, h.compact); err != nil {
		return &store.Unpurged{Err: err}
	}
	return nil
}

// compact builds the new file while others read the old one; the only writer is
// this goroutine. Then it replaces the file while nobody uses it.
func (h *held) compact() error {
	if err := h.use(context.Background(), h.b.copyLive); err != nil {
		return stillThere(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.db.Close()
	h.db = nil
	if err == nil {
		err = h.b.putInPlace()
	}
	err = stillThere(err)
	db, oerr := h.b.open(false)
	if oerr == nil {
		h.db = db
		h.files++
	}
	return errors.Join(err, oerr)
}

func (h *held) close() (err error) {
	h.group.Close() // before locking opening, which its writer may need
	h.opening.Lock()
	defer h.opening.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
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
	return err
}
