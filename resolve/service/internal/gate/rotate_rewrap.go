package gate

import (
	"context"
	"fmt"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// The limits of one step of a rotation: how many records, and how many bytes of
// them, are rewrapped in one transaction, and how many are read to find them.
const rewrapRecords, rewrapBytes, rewrapLook = 500, 4 << 20, 20_000

// rewrapPasses limits how often the store is searched again because other
// servers keep sealing records with another key.
const rewrapPasses = 5

// rewrapAll rewraps every record with the active key of ring.
func (g *Gate) rewrapAll(ctx context.Context, ring *seal.Keyring) (n int, err error) {
	for range rewrapPasses {
		for _, b := range sealedBuckets() {
			done, err := g.rewrapBucket(ctx, ring, b)
			if n += done; err != nil {
				return n, err
			}
		}
		done, err := g.settleMeta(ctx, ring)
		if done || err != nil {
			return n, err
		}
	}
	return n, resolve.WithHint(fmt.Errorf("%w: other servers keep sealing records with another key", resolve.ErrBusy),
		"give every server the key file %s, and run squired rotate-key again", g.Keys.File.Path)
}

func (g *Gate) rewrapBucket(ctx context.Context, ring *seal.Keyring, b bucket) (n int, err error) {
	for from := ""; ; {
		var keys []string
		if keys, from, err = g.findOld(ctx, ring.Active().ID(), b, from); err != nil {
			return n, err
		}
		if len(keys) > 0 {
			done, err := g.rewrap(ctx, ring, b.name, keys)
			if n += done; err != nil {
				return n, err
			}
		}
		if from == "" {
			return n, nil
		}
	}
}

// findOld searches for records under another key, from a key on. It returns
// where to continue, or "". It only reads, so that writers need not wait for it.
func (g *Gate) findOld(ctx context.Context, active seal.KeyID, b bucket, from string) (keys []string, next string, err error) {
	err = g.Store.View(ctx, func(tx store.Tx) error {
		looked, size := 0, 0
		keys, next = nil, ""
		return tx.Scan(b.name, store.Range{From: from}, func(key string, rec []byte) (bool, error) {
			if looked == rewrapLook || len(keys) == rewrapRecords || size > rewrapBytes {
				next = key
				return false, ctx.Err()
			}
			looked++
			if old, err := isOld(active, b, key, rec); err != nil || !old {
				return true, err
			}
			keys, size = append(keys, key), size+len(rec)
			return true, nil
		})
	})
	return keys, next, err
}

func isOld(active seal.KeyID, b bucket, key string, rec []byte) (bool, error) {
	if !b.sealed(key) {
		return false, nil
	}
	id, err := seal.KeyOf(rec)
	if err != nil {
		return false, damaged(b.name, key)
	}
	return id != active, nil
}

// rewrap is one transaction of a rotation. Records that were deleted or sealed
// again since they were found are skipped.
func (g *Gate) rewrap(ctx context.Context, ring *seal.Keyring, name string, keys []string) (n int, err error) {
	active := ring.Active()
	err = g.Store.Update(ctx, func(tx store.Tx) error {
		n = 0
		m, err := g.readMeta(tx)
		if err != nil {
			return err
		}
		for _, key := range keys {
			rec, err := tx.Get(name, key)
			if rec == nil && err == nil {
				continue
			}
			if err != nil {
				return err
			}
			id, err := seal.KeyOf(rec)
			if err != nil {
				return damaged(name, key)
			}
			if id == active.ID() {
				continue
			}
			old, ok := ring.Key(id)
			if !ok {
				return resolve.WithHint(fmt.Errorf("%w: %s %s is sealed with key %s, which is not in %s", resolve.ErrNoKey, name, printable(key), id, ring.Path()),
					"copy that key into the file, from the server that has it")
			}
			if rec, err = seal.Rewrap(old, active, place(m, name, key), rec); err != nil {
				return err
			}
			if err := tx.Put(name, key, rec); err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return nil
		}
		if with, changed := m.withKey(active.ID()); changed {
			if err := tx.Put(metaBucket, metaKey, with.marshal()); err != nil {
				return err
			}
		}
		return tx.Put(metaBucket, rotateKey, active.ID().Bytes())
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// settleMeta makes the active key the store's only one, in a transaction that
// finds no record under another key; done is false if it finds one.
func (g *Gate) settleMeta(ctx context.Context, ring *seal.Keyring) (done bool, err error) {
	active := ring.Active().ID()
	err = g.Store.Update(ctx, func(tx store.Tx) error {
		done = false
		m, err := g.readMeta(tx)
		if err != nil {
			return err
		}
		found := false
		for _, b := range sealedBuckets() {
			err := tx.Scan(b.name, store.Range{}, func(key string, rec []byte) (bool, error) {
				old, err := isOld(active, b, key, rec)
				found = found || old
				if err == nil {
					err = ctx.Err()
				}
				return !old, err
			})
			if err != nil || found {
				return err
			}
		}
		done = true
		if slices.Equal(m.keys, []seal.KeyID{active}) {
			return nil
		}
		m.keys = []seal.KeyID{active}
		return tx.Put(metaBucket, metaKey, m.marshal())
	})
	return done && err == nil, err
}
