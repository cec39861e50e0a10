package gate

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

// opened keeps records that were opened, beside the sealed bytes they were
// opened from: what the store has now is compared with these, so what was
// changed, moved or removed is never answered from here. Where the store says
// that its state is the one of the last comparison, that need not be done
// again. It is for who holds the store for long; two generations bound it.
type recordCache struct {
	mu         sync.RWMutex
	young, old map[cacheKey]*cacheEntry
	size       int // of the young, in bytes of sealed records
}

type cacheKey struct{ bucket, key string }

type cacheEntry struct {
	sealed []byte
	value  any
	state  atomic.Uint64 // of the store, in which it was last found good; 0: none
}

// maxCached bounds one generation, in bytes of sealed records: what was opened
// from them takes about two times as much again.
const maxCached = 2 << 20

func (c *recordCache) get(k cacheKey) *cacheEntry {
	c.mu.RLock()
	v, young := c.young[k]
	if !young {
		v = c.old[k]
	}
	c.mu.RUnlock()
	if v != nil && !young {
		c.set(k, v)
	}
	return v
}

func (c *recordCache) set(k cacheKey, v *cacheEntry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(v.sealed) + 256
	if c.size += size; c.young == nil || c.size > maxCached {
		c.old, c.young, c.size = c.young, map[cacheKey]*cacheEntry{}, size
	}
	c.young[k] = v
}

// stateOf is what the store calls the state that a transaction sees; 0 where
// it has no name for it, or where the transaction may change it.
func stateOf(tx store.Tx) uint64 {
	if s, ok := tx.(store.Stated); ok {
		return s.State()
	}
	return 0
}

// cachedRecord opens and parses one record; the zero T where there is none.
// check, which may be nil, looks at what else must be so for the record to be
// good. What is returned is shared: it must not be changed.
func cachedRecord[T any](r *Records, bucket, key string, parse func([]byte) (T, error), check func(T) error) (v T, err error) {
	k := cacheKey{bucket, key}
	state := stateOf(r.pending.Tx)
	var kept *cacheEntry
	if r.g.LongLived {
		if kept = r.g.cache.get(k); kept != nil && state != 0 && kept.state.Load() == state {
			return kept.value.(T), nil
		}
	}
	sealed, err := r.pending.Peek(bucket, key)
	if sealed == nil || err != nil {
		return v, err
	}
	if kept == nil || !bytes.Equal(kept.sealed, sealed) {
		b, err := r.open(bucket, key, sealed)
		if err != nil {
			return v, err
		}
		if v, err = parse(b); err != nil {
			return v, err
		}
		kept = &cacheEntry{value: v}
		if r.g.LongLived {
			kept.sealed = bytes.Clone(sealed)
			r.g.cache.set(k, kept)
		}
	}
	v = kept.value.(T)
	if check != nil {
		err = check(v)
	}
	if err == nil {
		kept.state.Store(state)
	}
	return v, err
}
