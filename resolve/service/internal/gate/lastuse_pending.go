package gate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// uses are the times of last use that the store does not know yet, by secret.
// What it has been told stays until the next time: who looks at the store as
// it was before must find it here.
type recentUses struct {
	mu      sync.RWMutex
	fresh   map[string]time.Time
	written map[string]time.Time
}

// maxUses bounds how many times of last use one transaction seals.
const maxUses = 100

func (u *recentUses) note(entries []audit.Entry) {
	if len(entries) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.fresh == nil {
		u.fresh = map[string]time.Time{}
	}
	for _, e := range entries {
		keepLatest(u.fresh, e)
	}
}

// of is the last use of a secret; zero: none that the store does not know.
func (u *recentUses) of(key string) time.Time {
	u.mu.RLock()
	defer u.mu.RUnlock()
	t := u.fresh[key]
	if before := u.written[key]; before.After(t) {
		t = before
	}
	return t
}

func (u *recentUses) snapshot() map[string]time.Time {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return maps.Clone(u.fresh)
}

func (u *recentUses) markWritten(all map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.written = all
	for key, t := range all {
		if u.fresh[key].Equal(t) { // else used again since
			delete(u.fresh, key)
		}
	}
}

// forget drops those of secrets that are gone: one made anew in the same
// moment has not been used.
func (u *recentUses) forget(keys []string) {
	if len(keys) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, key := range keys {
		delete(u.fresh, key)
		delete(u.written, key)
	}
}

// removed are the secrets that a transaction is about to remove.
func (p *pending) removed() (keys []string) {
	for _, c := range p.changes {
		if c.value == nil && c.bucket == secretsBucket && strings.Count(c.key, "/") == 1 { // else a version
			keys = append(keys, c.key)
		}
	}
	return keys
}

// storeRecentUses tells the store, a part in each transaction: writes come in between.
func (g *Gate) storeRecentUses(ctx context.Context) error {
	all := g.recentUses.snapshot()
	if len(all) == 0 {
		return nil
	}
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(all)), maxUses) {
		err := g.Store.Update(ctx, func(tx store.Tx) error {
			r, err := g.recordsOf(ctx, tx, Caller{}, nil)
			if err != nil {
				return err
			}
			for _, key := range keys {
				if err := r.putLastUse(key, earlier(all[key], r.now)); errors.Is(err, resolve.ErrCorrupt) {
					g.warnOnce("a time of last use is lost: %v", err) // whoever reads that secret fails, and nobody else
				} else if err != nil {
					return err
				}
			}
			return r.pending.apply()
		})
		if err != nil {
			return err
		}
	}
	g.recentUses.markWritten(all)
	return nil
}

// earlier keeps a clock that was ahead from hiding all later uses.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
