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
//	  "next": "<id>",                       where there is one: is to be active at the next rotation
//	  "keys": {"<id>": "<base64 of 32 bytes>"},
//	  "stores": [{"id": "<store id>", "path": "<absolute path of its file>",
//	              "keys": ["<id>"]}]        see knownStore; not there: nobody knows
//	}
//
// The first release ignores "next" and a store's "keys", and drops them when
// it writes: then a rotation makes a key of its own, and no key is dropped.
type Keyring struct {
	active KeyID
	next   KeyID // zero: none
	keys   map[KeyID]Key
	stores []knownStore
	path   string // "" when it is of no file
}

// knownStore is a store that these keys have sealed. With the active key, Keys
// are all that its records may be sealed with; none: nobody knows.
type knownStore struct {
	ID   string   `json:"id"`
	Path string   `json:"path"`
	Keys []string `json:"keys,omitempty"`
}

type ringFile struct {
	Format int               `json:"format"`
	Active string            `json:"active"`
	Next   string            `json:"next,omitempty"`
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
	r.stores = append(kept, knownStore{ID: id, Path: path})
}

func (r *Keyring) marshal() ([]byte, error) {
	f := ringFile{Format: ringFormat, Active: r.active.String(), Keys: map[string]string{}, Stores: r.stores}
	if r.next != (KeyID{}) {
		f.Next = r.next.String()
	}
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
		switch id {
		case f.Active:
			r.active = k.id
		case f.Next:
			r.next = k.id
		}
	}
	if r.active == (KeyID{}) {
		return bad("it has no active key")
	}
	return r, nil
}
