package gate

import (
	"context"
	"errors"
	"slices"

	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Export is where the records of a whole store go, as they are sealed.
type Export interface {
	// Begin hears first which store it is, and the keys that seal it.
	Begin(id StoreID, keys *seal.Keyring) error
	// Put gets each record, in the order of the buckets and the keys. The value
	// is valid during the call only.
	Put(bucket, key string, value []byte) error
}

// Export shows one consistent state of the whole store. Its audit line, and
// the reads so far, are in that state already. What would not be taken back
// is not given out: a record that does not open, or an audit trail that does
// not hold, is an ErrCorrupt, and a key that is not at hand an ErrNoKey.
//
// to must not wait for anybody: the store cannot be compacted meanwhile.
func (g *Gate) Export(ctx context.Context, caller Caller, to Export) error {
	err := g.Write(ctx, caller, []Access{{Action: Backup}}, func(r *Records) error {
		if err := r.mayStore(); err != nil {
			return err
		}
		if r.ring == nil {
			return g.noStore()
		}
		return nil
	})
	if err == nil {
		err = g.Flush(ctx)
	}
	if err != nil {
		return err
	}
	err = g.Store.View(ctx, func(tx store.Tx) error {
		ring, err := g.loadRing()
		if err != nil {
			return err
		}
		m, ring, err := g.loadMeta(tx, ring)
		if err != nil {
			return err
		}
		keys, err := ring.With(m.keys)
		if err != nil {
			return err
		}
		check := newInspection(m.id, keys)
		if err := check.Whole(ctx, tx, g.Store.Location()); err != nil {
			return err
		}
		if err := to.Begin(m.id, keys); err != nil {
			return err
		}
		for _, b := range buckets() {
			err := tx.Scan(b.name, store.Range{}, func(key string, value []byte) (bool, error) {
				err := ctx.Err()
				if err == nil {
					err = check.Record(b.name, key, value)
				}
				if err == nil {
					err = to.Put(b.name, key, value)
				}
				return true, err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrAbsent) {
		return g.noStore()
	}
	return err
}

// bucketAt is the place of a bucket in their order, or -1.
func bucketAt(name string) int {
	return slices.IndexFunc(buckets(), func(b bucket) bool { return b.name == name })
}
