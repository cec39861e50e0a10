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
// to must not wait for anybody: the store cannot be compacted meanwhile. For
// the same reason all is looked at first, piece by piece; in the state that is
// shown itself, each record is found to be of a known key.
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
	if err == nil {
		err = g.inspect(ctx)
	}
	if err == nil {
		err = g.viewWhole(ctx, func(tx store.Tx, i *Inspection) error {
			if err := to.Begin(i.id, i.ring); err != nil {
				return err
			}
			for _, b := range buckets() {
				err := tx.Scan(b.name, store.Range{}, func(key string, value []byte) (bool, error) {
					_, err := i.keyOf(b, key, value)
					if err == nil {
						err = to.Put(b.name, key, value)
					}
					if err == nil {
						err = ctx.Err()
					}
					return true, err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if errors.Is(err, store.ErrAbsent) {
		return g.noStore()
	}
	return err
}

// inspectVersions bounds one look: so many versions are opened in it.
const inspectVersions = 1000

// inspect looks at the whole store, a piece at a time.
func (g *Gate) inspect(ctx context.Context) error {
	var environments []string
	err := g.viewWhole(ctx, func(tx store.Tx, i *Inspection) (err error) {
		environments, err = i.Frame(ctx, tx, g.Store.Location())
		return err
	})
	if err == nil {
		_, err = g.walk(ctx, nil)
	}
	for _, e := range environments {
		var after []Position
		for more := true; more && err == nil; more = after != nil {
			err = g.viewWhole(ctx, func(tx store.Tx, i *Inspection) (err error) {
				after, err = i.Secrets(ctx, tx, g.Store.Location(), e, after, inspectVersions)
				return err
			})
		}
	}
	return err
}

// viewWhole is a View of who has been let in to all of the store.
func (g *Gate) viewWhole(ctx context.Context, fn func(store.Tx, *Inspection) error) error {
	return g.Store.View(ctx, func(tx store.Tx) error {
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
		return fn(tx, newInspection(m.id, keys))
	})
}

// bucketAt is the place of a bucket in their order, or -1.
func bucketAt(name string) int {
	return slices.IndexFunc(buckets(), func(b bucket) bool { return b.name == name })
}
