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

// Next is the id of the key that becomes active at the next rotation; ok is false
// if there is none.
func (r *Keyring) Next() (id KeyID, ok bool) { return r.next, r.next != KeyID{} }

// With is a keyring of only these keys, without a file. The active key is the
// ring's if it is one of them, else the first. A missing key is an ErrNoKey.
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

// Marshal is the content of the ring's file. It contains the keys.
func (r *Keyring) Marshal() ([]byte, error) { return r.marshal() }

// ParseKeyring reads the output of Marshal; where names it in errors.
func ParseKeyring(where string, b []byte) (*Keyring, error) {
	r, err := parseRing(where, b)
	if err != nil {
		return nil, err
	}
	r.path, r.stores = "", nil
	return r, nil
}

// Stamp is the state of the file, for SameStamp; nil if it cannot be read.
func (f File) Stamp() fs.FileInfo {
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil
	}
	return info
}

// SameStamp reports whether two stamps are of the same state of the file.
func SameStamp(a, b fs.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// AddNext creates the key that becomes active at the next rotation, unless there
// is one already.
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

// Advance makes the next key the active one, or a new key if there is no next.
// It does nothing if the active key is no longer from.
func (f File) Advance(from KeyID) (*Keyring, error) {
	return f.change(func(r *Keyring) bool {
		if r.active != from {
			return false
		}
		if _, ok := r.Next(); !ok {
			k := NewKey()
			r.keys[k.id], r.next = k, k.id
		}
		// Until now it has sealed the records of every store.
		for i, s := range r.stores {
			if id := from.String(); len(s.Keys) > 0 && !slices.Contains(s.Keys, id) {
				r.stores[i].Keys = append(s.Keys, id)
			}
		}
		r.active, r.next = r.next, KeyID{}
		return true
	})
}

// Settle records that the store at this path is sealed with this key only.
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

// Unsettled are the paths of the other stores whose keys are not recorded.
func (r *Keyring) Unsettled(id, path string) (paths []string) {
	for _, s := range r.stores {
		if len(s.Keys) == 0 && (s.ID != id || s.Path != path) {
			paths = append(paths, s.Path)
		}
	}
	return paths
}

// Drop removes the keys that no store needs: all except the active one, the next
// one, and those recorded for a store. It removes none while a store is
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

// Merge adds the keys of another ring, and creates the file if there is none. An
// existing file keeps its active key. The recorded keys of the store at this path
// are removed, because that store is about to be replaced.
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
	if r, err = f.Load(); err != nil || !add(r) { // created by another process meanwhile
		return r, err
	}
	return r, f.put(f.Path, r, atomicfile.Options{})
}
