package gate

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/seal"
)

// Keys is where the master keys come from: a given key, or a file.
type Keys struct {
	Given *seal.Keyring // nil: the file
	File  seal.File
}

// load reads the keys of an existing store. A missing file is an error: new keys
// would not open the store.
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

// create reads the keys for a store that is about to be created, and creates
// them if there are none.
func (k Keys) create() (*seal.Keyring, error) {
	if k.Given != nil {
		return k.Given, nil
	}
	if _, err := os.Lstat(k.File.Path); !errors.Is(err, fs.ErrNotExist) {
		return k.load()
	}
	return k.File.Create()
}

// sealed reports whether the key file records a store at this location. It is
// false if the file cannot be read.
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

// memo keeps a value that is expensive to compute, and the bytes it was computed
// from.
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

// keptRing is a keyring, and the state of its file when it was read.
type keptRing struct {
	ring  *seal.Keyring
	stamp fs.FileInfo // nil: a given key
}

// loadRing reads the keys. It reads the file every time, because another process
// may have changed it; but if this process holds the store and the file records
// it, the keys are kept, and only freshRing reads the file again.
func (g *Gate) loadRing() (*seal.Keyring, error) {
	if kept := g.ring.Load(); kept != nil {
		return kept.ring, nil
	}
	return g.readRing()
}

// freshRing reads kept keys again if their file has changed: before a write, and
// when a record needs a key that is not among them. It costs one stat. If the
// file is gone, the kept keys remain in use.
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
		g.warnOnce("the keys that were read before remain in use: %v", err)
		return kept.ring, nil
	}
	return ring, nil
}

func (g *Gate) readRing() (*seal.Keyring, error) {
	stamp := g.Keys.File.Stamp() // first: a change between the two is noticed later
	ring, err := g.Keys.load()
	if err == nil && g.Held && (ring.Sealed(g.Store.Location()) || g.Keys.Given != nil) {
		g.ring.Store(&keptRing{ring, stamp})
	}
	return ring, err
}

// ringFor returns a keyring that has all keys of the store, if the file has
// them: another server may seal with a key that was added to the file meanwhile.
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
