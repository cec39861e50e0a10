package gate

import (
	"bytes"
	"sync"
)

// opened keeps records that were opened, beside the sealed bytes they were
// opened from: what the store has now is compared with these, so what was
// changed, moved or removed is never answered from here. It is for who holds
// the store for long; two generations bound it.
type opened struct {
	mu         sync.RWMutex
	young, old map[openedKey]openedValue
	size       int // of the young, in bytes of sealed records
}

type openedKey struct{ bucket, key string }

type openedValue struct {
	sealed []byte
	value  any
}

// maxOpened bounds one generation, in bytes of sealed records: what was opened
// from them takes about two times as much again.
const maxOpened = 2 << 20

func (o *opened) get(bucket, key string, sealed []byte) (any, bool) {
	k := openedKey{bucket, key}
	o.mu.RLock()
	v, young := o.young[k]
	ok := young
	if !young {
		v, ok = o.old[k]
	}
	o.mu.RUnlock()
	if !ok || !bytes.Equal(v.sealed, sealed) {
		return nil, false
	}
	if !young {
		o.set(bucket, key, v.sealed, v.value)
	}
	return v.value, true
}

func (o *opened) set(bucket, key string, sealed []byte, value any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.size += len(sealed) + 256; o.young == nil || o.size > maxOpened {
		o.old, o.young, o.size = o.young, map[openedKey]openedValue{}, len(sealed)+256
	}
	o.young[openedKey{bucket, key}] = openedValue{sealed, value}
}

// cachedRecord opens and parses one record; the zero T where there is none.
// What it returns is shared: it must not be changed.
func cachedRecord[T any](r *Records, bucket, key string, parse func([]byte) (T, error)) (v T, err error) {
	sealed, err := r.pending.Peek(bucket, key)
	if sealed == nil || err != nil {
		return v, err
	}
	if r.g.LongLived {
		if cached, ok := r.g.opened.get(bucket, key, sealed); ok {
			return cached.(T), nil
		}
	}
	b, err := r.open(bucket, key, sealed)
	if err != nil {
		return v, err
	}
	if v, err = parse(b); err == nil && r.g.LongLived {
		r.g.opened.set(bucket, key, bytes.Clone(sealed), v)
	}
	return v, err
}
