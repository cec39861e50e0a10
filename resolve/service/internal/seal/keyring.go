package seal

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/squire-env/squire/resolve"
)

// Keyring holds master keys, and says which stores they have sealed, so that
// the loss of a store is noticed instead of taken for a first start.
//
// Its file, format 1:
//
//	{
//	  "format": 1,
//	  "active": "<id>",                     seals what is new
//	  "keys": {"<id>": "<base64 of 32 bytes>"},
//	  "stores": [{"id": "<store id>", "path": "<absolute path of its file>"}]
//	}
type Keyring struct {
	active KeyID
	keys   map[KeyID]Key
	stores []knownStore
	path   string // "" when it is of no file
}

type knownStore struct {
	ID   string `json:"id"`
	Path string `json:"path"`
}

type ringFile struct {
	Format int               `json:"format"`
	Active string            `json:"active"`
	Keys   map[string]string `json:"keys"`
	Stores []knownStore      `json:"stores"`
}

const ringFormat = 1

// RingOf is a keyring of one key, and of no file: it knows no stores.
func RingOf(k Key) *Keyring {
	return &Keyring{active: k.id, keys: map[KeyID]Key{k.id: k}}
}

// Active is the key that seals what is new.
func (r *Keyring) Active() Key { return r.keys[r.active] }

// Key finds a key.
func (r *Keyring) Key(id KeyID) (Key, bool) {
	k, ok := r.keys[id]
	return k, ok
}

// IDs are the ids of all keys, sorted.
func (r *Keyring) IDs() []string {
	var ids []string
	for id := range r.keys {
		ids = append(ids, id.String())
	}
	sort.Strings(ids)
	return ids
}

// Path is the keyring's file, or "".
func (r *Keyring) Path() string { return r.path }

// Sealed says whether a store at this path was sealed with these keys.
func (r *Keyring) Sealed(path string) bool {
	for _, s := range r.stores {
		if s.Path == path {
			return true
		}
	}
	return false
}

// knows says whether this very store is recorded at this path.
func (r *Keyring) knows(id, path string) bool {
	for _, s := range r.stores {
		if s.Path == path && s.ID == id {
			return true
		}
	}
	return false
}

// record notes a store. Another one at the same path is forgotten: what
// counts is whether something should be there.
func (r *Keyring) record(id, path string) {
	kept := r.stores[:0:0]
	for _, s := range r.stores {
		if s.Path != path {
			kept = append(kept, s)
		}
	}
	r.stores = append(kept, knownStore{id, path})
}

func (r *Keyring) marshal() ([]byte, error) {
	f := ringFile{Format: ringFormat, Active: r.active.String(), Keys: map[string]string{}, Stores: r.stores}
	if f.Stores == nil {
		f.Stores = []knownStore{}
	}
	for id, k := range r.keys {
		f.Keys[id.String()] = k.text()
	}
	b, err := json.MarshalIndent(f, "", "  ")
	return append(b, '\n'), err
}

// parseRing reads a keyring. What it says of a bad one holds nothing of it.
func parseRing(path string, b []byte) (*Keyring, error) {
	bad := func(why string) (*Keyring, error) {
		return nil, resolve.WithHint(fmt.Errorf("%w key file %s: %s", resolve.ErrCorrupt, path, why), "restore %s from a backup", path)
	}
	var f ringFile
	if err := json.Unmarshal(b, &f); err != nil {
		return bad("it is no keyring")
	}
	if f.Format > ringFormat {
		return bad(fmt.Sprintf("made by a newer squire: format %d; this one reads %d", f.Format, ringFormat))
	}
	if f.Format != ringFormat {
		return bad("it is no keyring")
	}
	r := &Keyring{keys: map[KeyID]Key{}, stores: f.Stores, path: path}
	for id, text := range f.Keys {
		k, err := ParseKey(text)
		if err != nil || k.id.String() != id {
			return bad("one of its keys is damaged")
		}
		r.keys[k.id] = k
		if id == f.Active {
			r.active = k.id
		}
	}
	if r.active == (KeyID{}) {
		return bad("it has no active key")
	}
	return r, nil
}
