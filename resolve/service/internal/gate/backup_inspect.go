package gate

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Inspection checks the records of a whole store, one by one as they are read
// from a backup, before any of them is used. Its errors are ErrCorrupt.
type Inspection struct {
	id     StoreID
	ring   *seal.Keyring
	bucket int    // of the last record
	key    string // of the last record
}

// NewInspection makes an Inspection of the store with this id, and the keys that
// should open its records.
func NewInspection(id string, ring *seal.Keyring) (*Inspection, error) {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) != len(StoreID{}) || hex.EncodeToString(b) != id {
		return nil, fmt.Errorf("%w store: its id is damaged", resolve.ErrCorrupt)
	}
	return newInspection(StoreID(b), ring), nil
}

func newInspection(id StoreID, ring *seal.Keyring) *Inspection {
	return &Inspection{id: id, ring: ring, bucket: -1}
}

// Record checks the next record: its bucket is known, it comes after the one
// before, and if it is sealed, it opens in its place.
func (i *Inspection) Record(bucket, key string, value []byte) error {
	at := bucketAt(bucket)
	if at < 0 {
		return fmt.Errorf("%w store: it has a bucket that this version of squire does not know", resolve.ErrCorrupt)
	}
	if at < i.bucket || at == i.bucket && key <= i.key || key == "" {
		return fmt.Errorf("%w store: %s %s is not in order", resolve.ErrCorrupt, bucket, printable(key))
	}
	i.bucket, i.key = at, key
	k, err := i.keyOf(buckets()[at], key, value)
	if err != nil || k == (seal.Key{}) {
		return err
	}
	_, err = seal.Open(k, seal.Place{Store: i.id.String(), Bucket: bucket, Key: key}, value)
	return err
}

// keyOf is the key that a record is sealed with; the zero Key if it is not sealed.
func (i *Inspection) keyOf(b bucket, key string, value []byte) (seal.Key, error) {
	if b.sealed == nil || !b.sealed(key) {
		return seal.Key{}, nil
	}
	id, err := seal.KeyOf(value)
	if err != nil {
		return seal.Key{}, damaged(b.name, key)
	}
	k, ok := i.ring.Key(id)
	if !ok {
		return k, fmt.Errorf("%w record: %s %s is sealed with key %s, which is not among its keys", resolve.ErrCorrupt, b.name, printable(key), id)
	}
	return k, nil
}

// Whole checks what single records do not show, once they are in a store at
// location: the audit trail is valid, and secrets, versions and index agree.
func (i *Inspection) Whole(ctx context.Context, tx store.Tx, location string) error {
	environments, err := i.Frame(ctx, tx, location)
	if err == nil {
		err = i.trail(ctx, tx, location)
	}
	for _, e := range environments {
		if err == nil {
			_, err = i.Secrets(ctx, tx, location, e, nil, math.MaxInt)
		}
	}
	return err
}

// Frame is Whole without the trail and the secrets: it returns the
// environments, for Secrets.
func (i *Inspection) Frame(ctx context.Context, tx store.Tx, location string) (names []string, err error) {
	r, err := i.records(ctx, tx, location)
	if err != nil {
		return nil, err
	}
	if r.meta.id != i.id {
		return nil, fmt.Errorf("%w store: its id is not the one of the backup", resolve.ErrCorrupt)
	}
	environments, err := r.Environments()
	if err != nil {
		return nil, err
	}
	for _, e := range environments {
		names = append(names, e.Name)
	}
	_, err = r.Tokens()
	return names, err
}

func (i *Inspection) trail(ctx context.Context, tx store.Tx, location string) error {
	r, err := i.records(ctx, tx, location)
	if err != nil {
		return err
	}
	chain, err := r.chain()
	var walk audit.Walk
	for done := false; !done && err == nil; {
		done, err = chain.Step(ctx, &walk, walkStep, nil)
	}
	return err
}

// Secrets checks some of the secrets of an environment, with all their versions,
// and returns where to continue; nil at the end.
func (i *Inspection) Secrets(ctx context.Context, tx store.Tx, location, environment string, after []Position, most int) (next []Position, err error) {
	r, err := i.records(ctx, tx, location)
	if err != nil {
		return nil, err
	}
	versions := 0
	err = r.List(environment, after, func(s Secret) (bool, error) {
		next = nil
		for n := 1; n <= s.Version; n++ {
			if _, err := r.Version(s, n); err != nil {
				return false, err
			}
		}
		// A use of an earlier secret of the same name is damage.
		if _, err := r.storedUse(secretKey(environment, s.Name), s); err != nil {
			return false, err
		}
		if versions += s.Version; versions < most {
			return true, ctx.Err()
		}
		next = []Position{{s.CreatedAt, s.Name}}
		return false, ctx.Err()
	})
	return next, err
}

func (i *Inspection) records(ctx context.Context, tx store.Tx, location string) (*Records, error) {
	g := New(Config{Store: placeOnly(location)})
	return g.records(ctx, tx, i.ring, Owner(""), []Access{{Action: ListEnvironments}, {Action: List}, {Action: ListTokens}})
}

// placeOnly is a store that does not exist yet, and has a location.
type placeOnly string

func (placeOnly) Exists(context.Context) (bool, error)               { return false, nil }
func (p placeOnly) Location() string                                 { return string(p) }
func (placeOnly) Dir() string                                        { return "" }
func (placeOnly) View(context.Context, func(store.Tx) error) error   { return store.ErrAbsent }
func (placeOnly) Update(context.Context, func(store.Tx) error) error { return store.ErrAbsent }
func (placeOnly) Listen(func([]string))                              {}
func (placeOnly) Close() error                                       { return nil }
