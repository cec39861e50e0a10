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
type opened struct {
	mu         sync.RWMutex
	young, old map[openedKey]*openedValue
	size       int // of the young, in bytes of sealed records
}

type openedKey struct{ bucket, key string }

type openedValue struct {
	sealed []byte
	value  any
	state  atomic.Uint64 // of the store, in which it was last found good; 0: none
}

// maxOpened bounds one generation, in bytes of sealed records: what was opened
// from them takes about two times as much again.
const maxOpened = 2 << 20

func (o *opened) get(k openedKey) *openedValue {
	o.mu.RLock()
	v, young := o.young[k]
	if !young {
		v = o.old[k]
	}
	o.mu.RUnlock()
	if v != nil && !young {
		o.set(k, v)
	}
	return v
}

func (o *opened) set(k openedKey, v *openedValue) {
	o.mu.Lock()
	defer o.mu.Unlock()
	size := len(v.sealed) + 256
	if o.size += size; o.young == nil || o.size > maxOpened {
		o.old, o.young, o.size = o.young, map[openedKey]*openedValue{}, size
	}
	o.young[k] = v
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
	k := openedKey{bucket, key}
	state := stateOf(r.pending.Tx)
	var kept *openedValue
	if r.g.LongLived {
		if kept = r.g.opened.get(k); kept != nil && state != 0 && kept.state.Load() == state {
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
		kept = &openedValue{value: v}
		if r.g.LongLived {
			kept.sealed = bytes.Clone(sealed)
			r.g.opened.set(k, kept)
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
