package gate

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

// recordCache keeps opened records together with their sealed bytes. These are
// compared with what the store has now, so that a record that was changed, moved
// or removed is never answered from the cache. If the store says that its state
// is still that of the last comparison, the comparison is skipped. Only
// long-lived processes use it. Its size is limited by two generations.
type recordCache struct {
	mu         sync.RWMutex
	young, old map[cacheKey]*cacheEntry
	size       int // of the young, in bytes of sealed records
}

type cacheKey struct{ bucket, key string }

type cacheEntry struct {
	sealed []byte
	value  any
	state  atomic.Uint64 // of the store when it was last compared; 0: none
}

// maxCached limits one generation, in bytes of sealed records. The opened
// records need about twice as much memory in addition.
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

// stateOf is the number of the state that a transaction sees; 0 if the store has
// none, or if the transaction may change the state.
func stateOf(tx store.Tx) uint64 {
	if s, ok := tx.(store.Stated); ok {
		return s.State()
	}
	return 0
}

// cachedRecord opens and parses one record; the zero T if there is none. check,
// which may be nil, checks what the record itself does not show. The result is
// shared and must not be changed.
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
