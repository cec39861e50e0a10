package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
)

// Next is the id of the key that waits to be active; ok is false for none.
func (r *Keyring) Next() (id KeyID, ok bool) { return r.next, r.next != KeyID{} }

// With are only these keys of the ring, which is of no file then. The active
// one is the ring's, else the first of them. A key that is not there is an
// ErrNoKey.
func (r *Keyring) With(ids []KeyID) (*Keyring, error) {
	some := &Keyring{keys: map[KeyID]Key{}}
	for _, id := range ids {
		k, ok := r.keys[id]
		if !ok {
			return nil, fmt.Errorf("%w: key %s is not in %s", resolve.ErrNoKey, id, r.path)
		}
		some.keys[id] = k
		if some.active == (KeyID{}) || id == r.active {
			some.active = id
		}
	}
	return some, nil
}

// Marshal is the ring as its file has it. It holds the keys.
func (r *Keyring) Marshal() ([]byte, error) { return r.marshal() }

// ParseKeyring reads what Marshal has written; where names it in errors.
func ParseKeyring(where string, b []byte) (*Keyring, error) {
	r, err := parseRing(where, b)
	if err != nil {
		return nil, err
	}
	r.path, r.stores = "", nil
	return r, nil
}

// Stamp tells whether the file is the one that was there before; nil: it
// cannot be seen.
func (f File) Stamp() fs.FileInfo {
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil
	}
	return info
}

// SameStamp says whether two stamps are of one state of the file.
func SameStamp(a, b fs.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// AddNext makes a key that is to be the next active one, unless there is one.
func (f File) AddNext() (*Keyring, error) {
	return f.change(func(r *Keyring) bool {
		if _, ok := r.Next(); ok {
			return false
		}
		k := NewKey()
		r.keys[k.id], r.next = k, k.id
		return true
	})
}

// Advance makes the next key the active one, or a new one where there is no
// next. Where the active one is no longer from, somebody has done it.
func (f File) Advance(from KeyID) (*Keyring, error) {
	return f.change(func(r *Keyring) bool {
		if r.active != from {
			return false
		}
		if _, ok := r.Next(); !ok {
			k := NewKey()
			r.keys[k.id], r.next = k, k.id
		}
		// Until now the others were sealed with it as well.
		for i, s := range r.stores {
			if id := from.String(); len(s.Keys) > 0 && !slices.Contains(s.Keys, id) {
				r.stores[i].Keys = append(s.Keys, id)
			}
		}
		r.active, r.next = r.next, KeyID{}
		return true
	})
}

// Settle notes that the store at this path is sealed with this key alone.
func (f File) Settle(id, path string, key KeyID) (*Keyring, error) {
	return f.change(func(r *Keyring) bool {
		for _, s := range r.stores {
			if s.ID == id && s.Path == path && len(s.Keys) == 1 && s.Keys[0] == key.String() {
				return false
			}
		}
		r.record(id, path)
		r.stores[len(r.stores)-1].Keys = []string{key.String()}
		return true
	})
}

// Unsettled are the paths of the stores, but for this one, of which nobody
// knows which keys they need.
func (r *Keyring) Unsettled(id, path string) (paths []string) {
	for _, s := range r.stores {
		if len(s.Keys) == 0 && (s.ID != id || s.Path != path) {
			paths = append(paths, s.Path)
		}
	}
	return paths
}

// Drop removes the keys that no store needs: all but the active one, the next,
// and what the stores are settled on. It removes none while a store is
// Unsettled.
func (f File) Drop() (*Keyring, error) {
	return f.change(func(r *Keyring) bool {
		needed := map[string]bool{r.active.String(): true, r.next.String(): true}
		for _, s := range r.stores {
			if len(s.Keys) == 0 {
				return false
			}
			for _, id := range s.Keys {
				needed[id] = true
			}
		}
		before := len(r.keys)
		maps.DeleteFunc(r.keys, func(id KeyID, _ Key) bool { return !needed[id.String()] })
		return len(r.keys) < before
	})
}

// Merge adds the keys of another ring, and makes the file where there is none.
// The active key of an existing one stays. What the store at this path is
// sealed with is about to change: nobody knows it from here on.
func (f File) Merge(other *Keyring, path string) (*Keyring, error) {
	add := func(r *Keyring) (changed bool) {
		before := len(r.keys)
		maps.Copy(r.keys, other.keys)
		for i, s := range r.stores {
			if s.Path == path && len(s.Keys) > 0 {
				r.stores[i].Keys, changed = nil, true
			}
		}
		return changed || len(r.keys) > before
	}
	if !errors.Is(f.absent(), fs.ErrNotExist) {
		return f.change(add)
	}
	if err := atomicfile.MkdirAll(filepath.Dir(f.Path)); err != nil {
		return nil, fileError(err)
	}
	release, err := f.lock(f.Path)
	if err != nil {
		return nil, err
	}
	defer release()
	r := &Keyring{active: other.active, keys: maps.Clone(other.keys), path: f.Path}
	if errors.Is(f.absent(), fs.ErrNotExist) {
		return r, f.put(f.Path, r, atomicfile.Options{New: true})
	}
	if r, err = f.Load(); err != nil || !add(r) { // made by another since
		return r, err
	}
	return r, f.put(f.Path, r, atomicfile.Options{})
}
