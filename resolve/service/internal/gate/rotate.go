package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// The steps of a rotation. A crash may follow each of them:
//
//  1. The key file gets a new active key. Everything that is written from here
//     on is sealed with it.
//  2. meta/rotate is written, and the data key of each record is wrapped with the
//     new key, several records in a transaction; records that others write or
//     delete meanwhile are skipped.
//  3. One transaction finds no record under another key, and removes the other
//     keys from meta/store.
//  4. The key file records that, and may drop keys.
//  5. meta/rotate is deleted: that compacts the store, so that data keys wrapped
//     with an old key are no longer in its free pages.
//
// A store with meta/rotate, or with another key than the active one in
// meta/store, is in the middle of a rotation: the next call continues it.
const rotateKey = "rotate"

// Rotation is the result of a rotation.
type Rotation struct {
	Ring      *seal.Keyring
	Rewrapped int
}

// errNoFile is the error of a rotation whose key is not in a file.
func errNoFile() error {
	return resolve.WithHint(fmt.Errorf("%w rotation: the key is in SQUIRE_MASTER_KEY, which squire cannot change", resolve.ErrInvalid),
		"squired backup; then squired restore into a new data folder with --master-key-file, and rotate there")
}

// RotateKey seals everything with a new key, or continues an interrupted
// rotation. addOnly creates the key without using it; dropOld removes keys that
// are no longer needed from the file, and starts no new rotation if there are
// any.
func (g *Gate) RotateKey(ctx context.Context, caller Caller, addOnly, dropOld bool) (Rotation, error) {
	if !g.rotating.TryLock() {
		return Rotation{}, resolve.WithHint(fmt.Errorf("%w: a rotation is in progress", resolve.ErrBusy), "wait for it to end")
	}
	defer g.rotating.Unlock()
	var m meta
	var begun bool
	var ring *seal.Keyring
	err := g.Write(ctx, caller, []Access{{Action: RotateKey}}, func(r *Records) error {
		if err := r.mayStore(); err != nil {
			return err
		}
		if g.Keys.Given != nil {
			return errNoFile()
		}
		if r.ring == nil {
			return g.noStore()
		}
		marker, err := r.pending.Get(metaBucket, rotateKey)
		m, ring, begun = r.meta, r.ring, marker != nil
		return err
	})
	if err != nil {
		return Rotation{}, err
	}
	if addOnly {
		return g.changeRing(func(f seal.File) (*seal.Keyring, error) { return f.AddNext() })
	}
	id, location := m.id.String(), g.Store.Location()
	if paths := ring.Unsettled(id, location); dropOld && len(paths) > 0 {
		return Rotation{}, unsettled(g.Keys.File.Path, paths)
	}
	_, waiting := ring.Next()
	begun = begun || !slices.Equal(m.keys, []seal.KeyID{ring.Active().ID()})
	if waiting || !begun && (!dropOld || len(ring.IDs()) == 1) {
		rotation, err := g.changeRing(func(f seal.File) (*seal.Keyring, error) { return f.Advance(ring.Active().ID()) })
		if err != nil {
			return Rotation{}, err
		}
		ring = rotation.Ring
	}
	n, err := g.rewrapAll(ctx, ring)
	if err != nil {
		return Rotation{Ring: ring, Rewrapped: n}, err
	}
	rotation, err := g.changeRing(func(f seal.File) (*seal.Keyring, error) {
		settled, err := f.Settle(id, location, ring.Active().ID())
		if err == nil && dropOld {
			settled, err = f.Drop()
		}
		return settled, err
	})
	if err != nil {
		return Rotation{Ring: ring, Rewrapped: n}, err
	}
	rotation.Rewrapped = n
	return rotation, g.Store.Update(ctx, func(tx store.Tx) error { return tx.Delete(metaBucket, rotateKey) })
}

func (g *Gate) noStore() error {
	return resolve.WithHint(fmt.Errorf("store %s %w", g.Store.Location(), resolve.ErrNotFound), "squire secret create NAME KEY=- creates it")
}

func unsettled(file string, paths []string) error {
	return resolve.WithHint(fmt.Errorf("%w rotation: other stores use %s too, and may need the old keys: %s", resolve.ErrInvalid, file, strings.Join(paths, ", ")),
		"run squired rotate-key on each of them first; or, if one no longer exists, remove its entry under \"stores\" in %s", file)
}

// changeRing changes the key file, and returns the keyring that is in it then.
func (g *Gate) changeRing(change func(seal.File) (*seal.Keyring, error)) (Rotation, error) {
	ring, err := change(g.Keys.File)
	if err != nil {
		return Rotation{}, resolve.WithHint(fmt.Errorf("the key file %s cannot be changed: %w", g.Keys.File.Path, err),
			"run squired rotate-key again where the file is writable, as its owner: it continues from here")
	}
	fresh, err := g.freshRing()
	if err == nil && fresh.Active().ID() == ring.Active().ID() {
		ring = fresh
	}
	return Rotation{Ring: ring}, err
}
