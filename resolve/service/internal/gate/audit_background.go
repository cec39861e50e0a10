package gate

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// merger moves what a server has recorded into the chain, in the background:
// when a file is full, and mergeDelay after the first line that is not there.
type merger struct {
	isFull, hasBegun chan struct{}
	merging          sync.Mutex // held during a merge

	mu              sync.Mutex // guards the fields below
	started, closed bool
	stop            context.CancelFunc
	done            sync.WaitGroup
}

// mergeDelay is how long reads wait to be merged, and closeWait how long Close
// merges: what is left is merged after the next start.
const mergeDelay, closeWait = 10 * time.Second, 10 * time.Second

func (m *merger) init() { m.isFull, m.hasBegun = make(chan struct{}, 1), make(chan struct{}, 1) }

func (m *merger) full()  { signal(m.isFull) }
func (m *merger) began() { signal(m.hasBegun) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Start starts merging in the background, with what an earlier process left
// first. It returns at once. The first use of the store starts it as well.
func (g *Gate) Start() {
	if g.Trail == Loose {
		return
	}
	m := &g.merger
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started || m.closed {
		return
	}
	m.started = true
	var ctx context.Context
	ctx, m.stop = context.WithCancel(context.Background())
	m.done.Go(func() { g.mergeInBackground(ctx) })
}

func (g *Gate) mergeInBackground(ctx context.Context) {
	after := g.TestAfter
	if after == nil {
		after = time.After
	}
	var due <-chan time.Time
	for cut := true; ; {
		if err := g.mergeAll(ctx, cut); err != nil && ctx.Err() == nil {
			g.warnOnce("reads are not in the audit trail yet: %v", err)
			due = after(mergeDelay)
		}
		for waiting := true; waiting; {
			select {
			case <-g.merger.hasBegun:
				if due == nil {
					due = after(mergeDelay)
				}
			case <-g.merger.isFull:
				cut, waiting = false, false
			case <-due:
				due, cut, waiting = nil, true, false
			case <-ctx.Done():
				return
			}
		}
	}
}

// Close merges what is left and accepts no more reads. The store must still be
// open. It may be called more than once.
func (g *Gate) Close() error {
	if g.Trail == Loose {
		return nil
	}
	m := &g.merger
	m.mu.Lock()
	started, closed := m.started, m.closed
	m.closed = true
	m.mu.Unlock()
	if closed {
		return nil
	}
	if started {
		m.stop()
		m.done.Wait()
	}
	g.batch.Close()
	if started {
		ctx, cancel := context.WithTimeout(context.Background(), closeWait)
		defer cancel()
		if err := g.mergeAll(ctx, true); err != nil {
			g.warnOnce("some reads will be in the audit trail only after the next start: %v", err)
		}
	}
	if g.journal != nil {
		g.journal.Close()
	}
	return nil
}

// mergeAll merges what is recorded until now, or without cut only what is in
// full files. Each file has a transaction of its own; the times of last use are
// stored before it, so that a crash between the two loses none.
func (g *Gate) mergeAll(ctx context.Context, cut bool) error {
	g.merger.merging.Lock()
	defer g.merger.merging.Unlock()
	if g.Trail == Stored {
		return g.storeRecentUses(ctx)
	}
	if ok, err := g.Store.Exists(ctx); !ok || err != nil {
		return err
	}
	first, err := g.firstFile(ctx)
	if err != nil {
		return err
	}
	if cut {
		g.journal.Cut()
	}
	mine, limit := g.journal.Sealed(first)
	files := slices.DeleteFunc(g.files(first), func(k uint64) bool { return k >= limit })
	for i, k := range files {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			break
		}
		lines, ok := g.linesOf(mine, k)
		if !ok {
			if i == len(files)-1 {
				break // it is the last: no other file waits for it
			}
			if err := g.journal.SetAside(k); err != nil {
				return err
			}
			continue
		}
		next := limit
		if i+1 < len(files) {
			next = files[i+1]
		}
		if err = g.storeRecentUses(ctx); err == nil {
			err = g.mergeFile(ctx, k, next, lines)
		}
	}
	return err
}

// firstFile is the number of the first file that is not merged.
func (g *Gate) firstFile(ctx context.Context) (first uint64, err error) {
	err = g.Store.View(ctx, func(tx store.Tx) error {
		r, err := g.recordsOf(ctx, tx, Caller{}, nil)
		if err == nil {
			first = r.meta.reads
		}
		return err
	})
	return first, err
}

// linesOf returns the lines of a file: from memory if this process wrote them,
// else what can be read from the file.
func (g *Gate) linesOf(mine []audit.Sealed, k uint64) (lines []byte, ok bool) {
	for _, s := range mine {
		if s.N == k && s.Lines != nil {
			return s.Lines, true
		}
	}
	entries, err := g.reads.Read(k)
	if err != nil {
		g.warnOnce("reads are not in the audit trail yet: %v", err)
		return nil, false
	}
	var used []audit.Entry
	lines = validLines(entries, g.Now().UTC(), func(e audit.Entry) { used = append(used, e) })
	g.recentUses.note(used)
	return lines, true
}

// mergeFile appends the lines of file k to the chain, and makes next the first
// file that is not merged.
func (g *Gate) mergeFile(ctx context.Context, k, next uint64, lines []byte) error {
	err := g.Store.Update(ctx, func(tx store.Tx) error {
		r, err := g.recordsOf(ctx, tx, Caller{}, nil)
		if err != nil || r.meta.reads > k {
			return err
		}
		chain, err := r.chain()
		if err != nil {
			return err
		}
		if err := chain.AppendBlocks(lines, r.now); err != nil {
			return err
		}
		r.meta.reads = next
		if err := r.pending.Put(metaBucket, metaKey, r.meta.marshal()); err != nil {
			return err
		}
		if err := chain.Flush(); err != nil {
			return err
		}
		return r.pending.apply()
	})
	if err == nil {
		g.journal.Merged(next)
		g.removeMerged(next)
	}
	return err
}
