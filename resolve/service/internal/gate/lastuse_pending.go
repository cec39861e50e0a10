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

// recentUses are the times of last use, by secret, that are not in the store
// yet. Those that were written last are kept until the next write, for readers
// that still see the state before it.
type recentUses struct {
	mu      sync.RWMutex
	fresh   map[string]time.Time
	written map[string]time.Time
}

// maxUses limits how many times of last use one transaction seals.
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

// of is the last use of a secret; zero if the store has it already.
func (u *recentUses) of(key string) time.Time {
	u.mu.RLock()
	defer u.mu.RUnlock()
	t := u.fresh[key]
	if w := u.written[key]; w.After(t) {
		t = w
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
		if u.fresh[key].Equal(t) { // else used again meanwhile
			delete(u.fresh, key)
		}
	}
}

// forget drops the uses of deleted secrets, so that a new secret of the same
// name counts as never used.
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

// removed are the secrets that a transaction removes.
func (p *pending) removed() (keys []string) {
	for _, c := range p.changes {
		if c.value == nil && c.bucket == secretsBucket && strings.Count(c.key, "/") == 1 { // else a version
			keys = append(keys, c.key)
		}
	}
	return keys
}

// storeRecentUses writes the recent uses to the store, in several transactions,
// so that other writes do not wait for long.
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
					g.warnOnce("a time of last use is lost: %v", err) // only reads of this secret fail
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

// earlier returns the earlier time: a time in the future, from a clock that was
// wrong, would hide all later uses.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
