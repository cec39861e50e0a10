package seal

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/squire-env/squire/resolve"
)

// Keyring holds master keys, and records which stores they have sealed, so that a
// lost store is not mistaken for a first start.
//
// Its file, format 1:
//
//	{
//	  "format": 1,
//	  "active": "<id>",                     seals new records
//	  "next": "<id>",                       optional: becomes active at the next rotation
//	  "keys": {"<id>": "<base64 of 32 bytes>"},
//	  "stores": [{"id": "<store id>", "path": "<absolute path of its file>",
//	              "keys": ["<id>"]}]        optional: see knownStore
//	}
//
// The first release ignores "next" and a store's "keys", and loses them when it
// writes: then a rotation creates a new key, and no key is dropped.
type Keyring struct {
	active KeyID
	next   KeyID // zero: none
	keys   map[KeyID]Key
	stores []knownStore
	path   string // of its file; "": none
}

// knownStore is a store that these keys have sealed. Its records are sealed with
// Keys or the active key; if Keys is empty, that is not known.
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

// RingOf is a keyring of one key, without a file and without stores.
func RingOf(k Key) *Keyring {
	return &Keyring{active: k.id, keys: map[KeyID]Key{k.id: k}}
}

// Active is the key that seals new records.
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

// Sealed reports whether a store at this path is recorded.
func (r *Keyring) Sealed(path string) bool {
	for _, s := range r.stores {
		if s.Path == path {
			return true
		}
	}
	return false
}

// knows reports whether the store with this id is recorded at this path.
func (r *Keyring) knows(id, path string) bool {
	for _, s := range r.stores {
		if s.Path == path && s.ID == id {
			return true
		}
	}
	return false
}

// record records a store, in place of another one at the same path: what matters
// is whether there should be a store at that path.
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

// parseRing reads a keyring. Its errors do not quote the input.
func parseRing(path string, b []byte) (*Keyring, error) {
	bad := func(why string) (*Keyring, error) {
		return nil, resolve.WithHint(fmt.Errorf("%w key file %s: %s", resolve.ErrCorrupt, path, why), "restore %s from a backup", path)
	}
	f, ok := readRing(b)
	if !ok {
		return bad("it is not a keyring")
	}
	if f.Format > ringFormat {
		return nil, resolve.WithHint(fmt.Errorf("%w key file %s: made by a newer squire: format %d; this one reads %d",
			resolve.ErrCorrupt, path, f.Format, ringFormat), "install a newer squire")
	}
	if f.Format != ringFormat {
		return bad("it is not a keyring")
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

// readRing reads the JSON of a ringFile as plain maps: every start of a command
// with a named secret pays for it, and what encoding/json does to learn a type, once
// in a process, takes longer than the rest of opening a store. Unknown fields are
// ignored.
func readRing(b []byte) (f ringFile, ok bool) {
	var tree map[string]any
	if ok = json.Unmarshal(b, &tree) == nil; !ok {
		return f, false
	}
	format := field[float64](tree, "format", &ok)
	f.Format = int(format)
	ok = ok && format == float64(f.Format)
	f.Active = field[string](tree, "active", &ok)
	f.Next = field[string](tree, "next", &ok)
	f.Keys = map[string]string{}
	keys := field[map[string]any](tree, "keys", &ok)
	for id := range keys {
		f.Keys[id] = field[string](keys, id, &ok)
	}
	for _, s := range field[[]any](tree, "stores", &ok) {
		store, isStore := s.(map[string]any)
		ok = ok && isStore
		known := knownStore{ID: field[string](store, "id", &ok), Path: field[string](store, "path", &ok)}
		for _, id := range field[[]any](store, "keys", &ok) {
			text, isText := id.(string)
			known.Keys, ok = append(known.Keys, text), ok && isText
		}
		f.Stores = append(f.Stores, known)
	}
	return f, ok
}

// field is a field's value; zero if it is not there. If it has another type, ok
// becomes false.
func field[T any](tree map[string]any, name string, ok *bool) T {
	value, isT := tree[name].(T)
	*ok = *ok && (isT || tree[name] == nil)
	return value
}
