package gate

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// folder folds in what a server has recorded, in the background: when a file
// is full, and a while after the first line that is not folded in.
type folder struct {
	isFull, hasBegun chan struct{}
	folding          sync.Mutex // one at a time

	mu              sync.Mutex // guards what follows
	started, closed bool
	stop            context.CancelFunc
	done            sync.WaitGroup
}

// foldAfter is how long reads wait to be folded in, and closeWait how long
// Close folds: what is left is for the next start.
const foldAfter, closeWait = 10 * time.Second, 10 * time.Second

func (f *folder) init() { f.isFull, f.hasBegun = make(chan struct{}, 1), make(chan struct{}, 1) }

func (f *folder) full()  { tell(f.isFull) }
func (f *folder) began() { tell(f.hasBegun) }

func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Start begins to fold in the background, with what an earlier process has
// left. It returns at once; the first use of the store does it as well.
func (g *Gate) Start() {
	if g.Trail == Loose {
		return
	}
	f := &g.folder
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.started || f.closed {
		return
	}
	f.started = true
	var ctx context.Context
	ctx, f.stop = context.WithCancel(context.Background())
	f.done.Go(func() { g.foldOn(ctx) })
}

func (g *Gate) foldOn(ctx context.Context) {
	after := g.TestAfter
	if after == nil {
		after = time.After
	}
	var due <-chan time.Time
	for cut := true; ; {
		if err := g.foldAll(ctx, cut); err != nil && ctx.Err() == nil {
			g.warnOnce("reads are not in the audit trail yet: %v", err)
			due = after(foldAfter)
		}
		for waiting := true; waiting; {
			select {
			case <-g.folder.hasBegun:
				if due == nil {
					due = after(foldAfter)
				}
			case <-g.folder.isFull:
				cut, waiting = false, false
			case <-due:
				due, cut, waiting = nil, true, false
			case <-ctx.Done():
				return
			}
		}
	}
}

// Close folds in what is left and takes no more reads. The store must still be
// open. Closing twice is fine.
func (g *Gate) Close() error {
	if g.Trail == Loose {
		return nil
	}
	f := &g.folder
	f.mu.Lock()
	started, closed := f.started, f.closed
	f.closed = true
	f.mu.Unlock()
	if closed {
		return nil
	}
	if started {
		f.stop()
		f.done.Wait()
	}
	g.batch.Close()
	if started {
		ctx, cancel := context.WithTimeout(context.Background(), closeWait)
		defer cancel()
		if err := g.foldAll(ctx, true); err != nil {
			g.warnOnce("reads are not in the audit trail before the next start: %v", err)
		}
	}
	if g.journal != nil {
		g.journal.Close()
	}
	return nil
}

// foldAll folds in what is recorded until now, or without cut what is in full
// files: each file in a transaction of its own, and the times of last use
// before it, so that a crash in between loses none.
func (g *Gate) foldAll(ctx context.Context, cut bool) error {
	g.folder.folding.Lock()
	defer g.folder.folding.Unlock()
	if g.Trail == Stored {
		return g.putUses(ctx)
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
				break // nothing waits behind it
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
		if err = g.putUses(ctx); err == nil {
			err = g.foldFile(ctx, k, next, lines)
		}
	}
	return err
}

// firstFile is the number of the first file that is not folded in.
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

// linesOf are the lines of a file: those that this process has written, or
// what can be read of those that an earlier one has.
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
	lines = saneLines(entries, g.Now().UTC(), func(e audit.Entry) { used = append(used, e) })
	g.uses.note(used)
	return lines, true
}

// foldFile chains the lines of file k, and makes next the first that is not
// folded in.
func (g *Gate) foldFile(ctx context.Context, k, next uint64, lines []byte) error {
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
		g.journal.Folded(next)
		g.removeFolded(next)
	}
	return err
}
