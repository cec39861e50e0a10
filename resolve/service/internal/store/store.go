// Package store is the interface of a store: a small, ordered, transactional map
// from (bucket, key) to bytes. Packages bolt and postgres implement it; package
// storetest has the tests that every implementation must pass.
//
// Start with Backend, which opens a Store. Values are sealed, or hold names only:
// this package and its implementations know neither keys nor plaintext, and never
// import seal.
package store

import (
	"context"
	"errors"

	"github.com/squire-env/squire/resolve"
)

// ErrAbsent is the error of View if there is no store yet.
var ErrAbsent = errors.New("no store yet")

// Store is safe for concurrent use. Errors that a user can meet are those of
// package resolve: ErrCorrupt, ErrBusy, ErrUnavailable.
type Store interface {
	// Exists reports whether there is a store. It creates nothing.
	Exists(ctx context.Context) (bool, error)
	// Location names the store in messages and in the keyring: an absolute
	// path, or an address without its password.
	Location() string
	// Dir is the store's folder on this machine, for files that belong to it, or
	// "" for a store that several machines share.
	Dir() string
	// View runs fn on one consistent state. No store: ErrAbsent.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn. What fn did is durable when Update returns nil, and undone
	// when it returns an error. If there is no store, it is created first. Several
	// Updates may share one commit: fn may run more than once, in another
	// goroutine, and must therefore assign all its results in each run.
	Update(ctx context.Context, fn func(Tx) error) error
	// Listen sets the listener for Tx.Notify. It is called after the commit of a
	// transaction with its topics, also for other processes if the engine can
	// tell, and with nil when anything may have changed, after a gap. It must not
	// block, and must be set before the first transaction.
	Listen(fn func(topics []string))
	// Close waits for running transactions. It may be called more than once.
	Close() error
}

// Tx is valid only inside the fn of View or Update, in one goroutine.
type Tx interface {
	// Get returns a copy of the value, or nil if there is none.
	Get(bucket, key string) ([]byte, error)
	// Put sets a value, which must not change until the transaction has ended.
	Put(bucket, key string, value []byte) error
	// Delete removes a key. When Update has returned, the bytes of its value are
	// no longer in the store. Removing a key that does not exist is not an error.
	Delete(bucket, key string) error
	// Scan calls fn with the keys of r in order until fn returns false or an
	// error, which Scan returns. The value is valid during the call only. fn
	// must not write to the bucket.
	Scan(bucket string, r Range, fn func(key string, value []byte) (bool, error)) error
	// Notify passes a topic to the listener, once the transaction is durable.
	Notify(topic string)
}

// Unpurged is the error of an Update that is durable, although its deleted bytes
// are still in the store.
type Unpurged struct{ Err error }

func (u *Unpurged) Error() string { return u.Err.Error() }
func (u *Unpurged) Unwrap() error { return u.Err }

// WithRestoreHint adds the hint for a corrupt store. It does not suggest to move
// the file away: the key file records that there is a store, and a new one in its
// place is refused.
func WithRestoreHint(location string, err error) error {
	return resolve.WithHint(err, "restore %s from a backup; to start with an empty store, set SQUIRE_DATA_DIR to another folder", location)
}

// Peeker is a Tx that can return a value without copying it. The bytes are valid
// until the end of the transaction, or the next write in it.
type Peeker interface {
	Peek(bucket, key string) ([]byte, error)
}

// Stated is a Tx of a store that no other process can change: reading
// transactions with the same State see the same records.
type Stated interface {
	// State is 0 if the transaction writes, or if other processes may write.
	State() uint64
}

// Range is a part of a bucket. The zero value is all of it, in order.
type Range struct {
	Prefix string
	// From is where to begin: at the first key ≥ From, or with Reverse at the last
	// key < From. "": at the first key with the prefix, or with Reverse the last.
	From    string
	Reverse bool
}

// PrefixEnd is the lowest key above all keys with the prefix; "": there is none.
func PrefixEnd(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}
