package gate

import (
	"context"
	"errors"
	"slices"

	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Export receives the records of a whole store, sealed as they are.
type Export interface {
	// Begin is called first, with the id of the store and the keys that seal it.
	Begin(id StoreID, keys *seal.Keyring) error
	// Put is called with each record, in the order of the buckets and the keys.
	// The value is valid during the call only.
	Put(bucket, key string, value []byte) error
}

// Export passes one consistent state of the whole store to to. The state
// includes the audit line of the export itself, and the reads so far. A store
// that Restore would refuse is not exported: a record that does not open, or an
// audit trail that is not valid, is an ErrCorrupt; a missing key an ErrNoKey.
//
// to must not block: the store cannot be compacted meanwhile. For the same
// reason everything is checked before, in small transactions; in the exported
// state itself, only the key of each record is checked.
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

// inspectVersions limits how many versions one transaction opens.
const inspectVersions = 1000

// inspect checks the whole store, in several transactions.
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

// viewWhole is a View of the whole store, after the policy was checked.
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

// bucketAt is the index of a bucket in buckets, or -1.
func bucketAt(name string) int {
	return slices.IndexFunc(buckets(), func(b bucket) bool { return b.name == name })
}
