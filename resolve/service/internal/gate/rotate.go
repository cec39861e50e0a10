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

// A rotation, each step of which can be the last before a crash:
//
//  1. The key file gets another active key. What is written from here on is
//     sealed with it.
//  2. meta/rotate is put, and each record is wrapped again, some in a
//     transaction; those that others write or delete meanwhile are left alone.
//  3. One transaction finds no record under another key, and takes the other
//     keys from meta/store.
//  4. The key file notes that, and may drop keys.
//  5. meta/rotate is deleted: the store is compacted then, so that what was
//     wrapped with an old key is no longer in its free pages.
//
// A store with meta/rotate, or with another key than the active one in
// meta/store, is in the middle of one: the next call goes on.
const rotateKey = "rotate"

// Rotation says what a rotation has come to.
type Rotation struct {
	Ring      *seal.Keyring
	Rewrapped int
}

// errNoFile is for keys that are in nobody's file.
func errNoFile() error {
	return resolve.WithHint(fmt.Errorf("%w rotation: the key is in SQUIRE_MASTER_KEY, and squire cannot change that", resolve.ErrInvalid),
		"squired backup; then squired restore into a new data folder with --master-key-file, and rotate there")
}

// RotateKey seals everything with another key, or goes on with that. addOnly
// makes the key and does not use it; dropOld takes the keys from the file that
// nothing needs any more, and begins no new rotation while there are some.
func (g *Gate) RotateKey(ctx context.Context, caller Caller, addOnly, dropOld bool) (Rotation, error) {
	if !g.rotating.TryLock() {
		return Rotation{}, resolve.WithHint(fmt.Errorf("%w: a rotation is under way", resolve.ErrBusy), "wait for it to end")
	}
	defer g.rotating.Unlock()
	var m meta
	var under bool // way
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
		m, ring, under = r.meta, r.ring, marker != nil
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
	under = under || !slices.Equal(m.keys, []seal.KeyID{ring.Active().ID()})
	if waiting || !under && (!dropOld || len(ring.IDs()) == 1) {
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
	return resolve.WithHint(fmt.Errorf("store %s %w", g.Store.Location(), resolve.ErrNotFound), "squire secret create NAME KEY=- makes it")
}

func unsettled(file string, paths []string) error {
	return resolve.WithHint(fmt.Errorf("%w rotation: %s has keys for other stores too, and they may need them: %s", resolve.ErrInvalid, file, strings.Join(paths, ", ")),
		"squired rotate-key on each of them first; or, where one is gone for good, remove its entry under \"stores\" in %s", file)
}

// changeRing changes the key file, and uses what is in it now.
func (g *Gate) changeRing(change func(seal.File) (*seal.Keyring, error)) (Rotation, error) {
	ring, err := change(g.Keys.File)
	if err != nil {
		return Rotation{}, resolve.WithHint(fmt.Errorf("the key file %s cannot be changed: %w", g.Keys.File.Path, err),
			"run where it can be written, as its owner; squired rotate-key goes on from here")
	}
	fresh, err := g.freshRing()
	if err == nil && fresh.Active().ID() == ring.Active().ID() {
		ring = fresh
	}
	return Rotation{Ring: ring}, err
}
