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
type cached[T any] struct {
	p atomic.Pointer[cachedValue[T]]
}

type cachedValue[T any] struct {
	from  string
	value T
}

func (c *cached[T]) get(from []byte) (v T, ok bool) {
	if p := c.p.Load(); p != nil && p.from == string(from) {
		return p.value, true
	}
	return v, false
}

func (c *cached[T]) set(from []byte, v T) { c.p.Store(&cachedValue[T]{string(from), v}) }

// loadRing reads the keys, each time anew: another process may have changed
// them. Who holds the store alone keeps them, once they are found to have
// recorded it.
func (g *Gate) loadRing() (*seal.Keyring, error) {
	if !g.Held {
		return g.Keys.load()
	}
	location := g.Store.Location()
	if ring, ok := g.ring.get([]byte(location)); ok {
		return ring, nil
	}
	ring, err := g.Keys.load()
	if err == nil && (ring.Sealed(location) || g.Keys.Given != nil) {
		g.ring.set([]byte(location), ring)
	}
	return ring, err
}
