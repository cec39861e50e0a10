package bolt

import (
	"bytes"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

// own is the bucket of this package. It has the key "purge" from a Delete until
// the file is compacted, so that after a crash the next writer compacts it.
const own, purgeKey = "bolt", "purge"

type transaction struct {
	tx      *bbolt.Tx
	buckets []openBucket // those that were used: finding a bucket is as slow as finding a key

	state      uint64   // see store.Stated
	deleted    int      // the number of deleted keys
	sequential []string // see store.Options
	topics     []string // see Notify
}

func (t *transaction) Notify(topic string) { t.topics = append(t.topics, topic) }

type openBucket struct {
	name   string
	bucket *bbolt.Bucket
}

// at is a bucket, or nil if there is none yet.
func (t *transaction) at(bucket string) *bbolt.Bucket {
	for _, b := range t.buckets {
		if b.name == bucket {
			return b.bucket
		}
	}
	b := t.tx.Bucket([]byte(bucket))
	if b != nil {
		t.keep(bucket, b)
	}
	return b
}

func (t *transaction) keep(name string, b *bbolt.Bucket) {
	if slices.Contains(t.sequential, name) {
		b.FillPercent = 0.95
	}
	if t.buckets == nil {
		t.buckets = make([]openBucket, 0, 4)
	}
	t.buckets = append(t.buckets, openBucket{name, b})
}

func (t *transaction) Get(bucket, key string) ([]byte, error) {
	b, err := t.Peek(bucket, key)
	return bytes.Clone(b), err
}

// State is the state that a reading transaction of a held store sees.
func (t *transaction) State() uint64 { return t.state }

// Peek is Get without the copy.
func (t *transaction) Peek(bucket, key string) ([]byte, error) {
	b := t.at(bucket)
	if b == nil {
		return nil, nil
	}
	return b.Get([]byte(key)), nil
}

func (t *transaction) Put(bucket, key string, value []byte) (err error) {
	b := t.at(bucket)
	if b == nil {
		if b, err = t.tx.CreateBucket([]byte(bucket)); err != nil {
			return err
		}
		t.keep(bucket, b)
	}
	return b.Put([]byte(key), value)
}

func (t *transaction) Delete(bucket, key string) error {
	b := t.at(bucket)
	if b == nil || b.Get([]byte(key)) == nil {
		return nil
	}
	t.deleted++
	return b.Delete([]byte(key))
}

func (t *transaction) Scan(bucket string, r store.Range, fn func(string, []byte) (bool, error)) error {
	b := t.at(bucket)
	if b == nil {
		return nil
	}
	c := b.Cursor()
	k, v := start(c, r)
	for k != nil && strings.HasPrefix(string(k), r.Prefix) {
		if v != nil { // nil: a nested bucket, which does not occur
			more, err := fn(string(k), v)
			if err != nil || !more {
				return err
			}
		}
		if r.Reverse {
			k, v = c.Prev()
		} else {
			k, v = c.Next()
		}
	}
	return nil
}

func start(c *bbolt.Cursor, r store.Range) (k, v []byte) {
	if !r.Reverse {
		return c.Seek([]byte(max(r.From, r.Prefix)))
	}
	end := r.From
	if end == "" {
		end = store.PrefixEnd(r.Prefix)
	}
	if end == "" {
		return c.Last()
	}
	if k, _ := c.Seek([]byte(end)); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// leftover says whose deleted values are still in the file.
type leftover int

const (
	nothing  leftover = iota
	ofOthers          // those of an earlier transaction: its compaction failed
	ofThis            // those of this transaction
)

// leftover sets the purge key if this transaction deletes, else looks for it.
func (t *transaction) leftover() (leftover, error) {
	if t.deleted > 0 {
		return ofThis, t.Put(own, purgeKey, []byte{1})
	}
	if b := t.at(own); b != nil && b.Get([]byte(purgeKey)) != nil {
		return ofOthers, nil
	}
	return nothing, nil
}
