package gate

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Inspection looks at the records of a whole store, one by one as they come
// from elsewhere, before any of them counts. Its errors are ErrCorrupt.
type Inspection struct {
	id     StoreID
	ring   *seal.Keyring
	bucket int // of the last record
	key    string
}

// NewInspection is for records of the store with this id, and the keys that
// are said to open them.
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

// Record looks at the next record: it is of a known bucket, comes behind the
// one before, and opens where it stands, where it is sealed.
func (i *Inspection) Record(bucket, key string, value []byte) error {
	at := bucketAt(bucket)
	if at < 0 {
		return fmt.Errorf("%w store: a bucket of another squire", resolve.ErrCorrupt)
	}
	if at < i.bucket || at == i.bucket && key <= i.key || key == "" {
		return fmt.Errorf("%w store: %s %s is not in order", resolve.ErrCorrupt, bucket, printable(key))
	}
	i.bucket, i.key = at, key
	if b := buckets()[at]; b.sealed == nil || !b.sealed(key) {
		return nil
	}
	id, err := seal.KeyOf(value)
	if err != nil {
		return damaged(bucket, key)
	}
	k, ok := i.ring.Key(id)
	if !ok {
		return fmt.Errorf("%w record: %s %s is sealed with key %s, which is not among its keys", resolve.ErrCorrupt, bucket, printable(key), id)
	}
	_, err = seal.Open(k, seal.Place{Store: i.id.String(), Bucket: bucket, Key: key}, value)
	return err
}

// Whole looks at what single records do not tell, once they are in a store at
// location: the audit trail holds, and secrets, versions and index agree.
func (i *Inspection) Whole(ctx context.Context, tx store.Tx, location string) error {
	g := New(Config{Store: placeOnly(location)})
	m, err := g.readMeta(tx)
	if err != nil {
		return err
	}
	if m.id != i.id {
		return fmt.Errorf("%w store: it is of another id", resolve.ErrCorrupt)
	}
	r, err := g.records(ctx, tx, i.ring, Owner(""), []Access{{Action: ListEnvironments}, {Action: List}, {Action: ListTokens}})
	if err != nil {
		return err
	}
	environments, err := r.Environments()
	if err != nil {
		return err
	}
	for _, e := range environments {
		if err := r.List(e.Name, nil, r.everyVersion); err != nil {
			return err
		}
	}
	if _, err := r.Tokens(); err != nil {
		return err
	}
	chain, err := r.chain()
	if err != nil {
		return err
	}
	var walk audit.Walk
	for done := false; !done && err == nil; {
		done, err = chain.Step(ctx, &walk, walkStep, nil)
	}
	return err
}

func (r *Records) everyVersion(s Secret) (bool, error) {
	for n := 1; n <= s.Version; n++ {
		if _, err := r.Version(s, n); err != nil {
			return false, err
		}
	}
	return true, r.ctx.Err()
}

// placeOnly is a store that is not there yet, and says where it will be.
type placeOnly string

func (placeOnly) Exists(context.Context) (bool, error)               { return false, nil }
func (p placeOnly) Location() string                                 { return string(p) }
func (placeOnly) View(context.Context, func(store.Tx) error) error   { return store.ErrAbsent }
func (placeOnly) Update(context.Context, func(store.Tx) error) error { return store.ErrAbsent }
func (placeOnly) Listen(func([]string))                              {}
func (placeOnly) Close() error                                       { return nil }
