package gate

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/seal"
)

// Keys is where the master keys come from: a key given by itself, or a file.
type Keys struct {
	Given *seal.Keyring // nil: the file
	File  seal.File
}

// load reads the keys for an existing store: a missing file is the loss of a
// key, and no reason to make one.
func (k Keys) load() (*seal.Keyring, error) {
	if k.Given != nil {
		return k.Given, nil
	}
	ring, err := k.File.Load()
	if errors.Is(err, resolve.ErrNoKey) && resolve.Hint(err) == "" {
		err = resolve.WithHint(err, "restore %s from a backup, or set SQUIRE_MASTER_KEY_FILE or SQUIRE_MASTER_KEY", k.File.Path)
	}
	return ring, err
}

// create reads the keys for a store that is about to be made, and makes them
// first where there are none.
func (k Keys) create() (*seal.Keyring, error) {
	if k.Given != nil {
		return k.Given, nil
	}
	if _, err := os.Lstat(k.File.Path); !errors.Is(err, fs.ErrNotExist) {
		return k.load()
	}
	return k.File.Create()
}

// sealed says whether the keys have sealed a store at this place. Keys that
// cannot be read say nothing.
func (k Keys) sealed(location string) bool {
	if k.Given != nil {
		return false
	}
	ring, err := k.File.Load()
	return err == nil && ring.Sealed(location)
}

func (k Keys) record(ring *seal.Keyring, id, location string) error {
	if k.Given != nil {
		return nil
	}
	return k.File.Record(ring, id, location)
}

// cached is a value that was dear to get, and what it was got from.
type memo[T any] struct {
	p atomic.Pointer[memoValue[T]]
}

type memoValue[T any] struct {
	from  string
	value T
}

func (c *memo[T]) get(from []byte) (v T, ok bool) {
	if p := c.p.Load(); p != nil && p.from == string(from) {
		return p.value, true
	}
	return v, false
}

func (c *memo[T]) set(from []byte, v T) { c.p.Store(&memoValue[T]{string(from), v}) }

// keptRing is a keyring, and the file that it was read from as it was then.
type keptRing struct {
	ring  *seal.Keyring
	stamp fs.FileInfo // nil for a key that was given by itself
}

// loadRing reads the keys, each time anew: another process may have changed
// them. Who holds the store alone keeps them, once they are found to have
// recorded it, and reads them again with freshRing only.
func (g *Gate) loadRing() (*seal.Keyring, error) {
	if kept := g.ring.Load(); kept != nil {
		return kept.ring, nil
	}
	return g.readRing()
}

// freshRing reads kept keys again where their file is another than it was:
// before a write, and for who meets a key that is not among them. It costs one
// look at the file. Where that is gone, what was kept serves on.
func (g *Gate) freshRing() (*seal.Keyring, error) {
	kept := g.ring.Load()
	if kept == nil {
		return g.readRing()
	}
	if g.Keys.Given != nil || seal.SameStamp(kept.stamp, g.Keys.File.Stamp()) {
		return kept.ring, nil
	}
	ring, err := g.readRing()
	if err != nil {
		g.warnOnce("going on with the keys that were read before: %v", err)
		return kept.ring, nil
	}
	return ring, nil
}

func (g *Gate) readRing() (*seal.Keyring, error) {
	stamp := g.Keys.File.Stamp() // before: what is written between the two is read again
	ring, err := g.Keys.load()
	if err == nil && g.Held && (ring.Sealed(g.Store.Location()) || g.Keys.Given != nil) {
		g.ring.Store(&keptRing{ring, stamp})
	}
	return ring, err
}

// ringFor is a ring that has all keys of the store, where there is one: another
// server may have begun to seal with a key that came into the file since.
func (g *Gate) ringFor(m meta, ring *seal.Keyring) *seal.Keyring {
	for _, id := range m.keys {
		if _, ok := ring.Key(id); !ok && g.Held {
			if fresh, err := g.freshRing(); err == nil {
				return fresh
			}
			return ring
		}
	}
	return ring
}
