// Package store keeps records: a small, ordered, transactional map from
// (bucket, key) to bytes. It is the interface that the gate works on, and its
// implementation on one bbolt file; another engine is another implementation.
//
// What passes through here is sealed, or holds names only. The package knows
// neither keys nor plaintext, and never imports seal.
package store

import (
	"context"
	"errors"

	"github.com/squire-env/squire/resolve"
)

// ErrAbsent is View's answer where there is no store yet.
var ErrAbsent = errors.New("no store yet")

// Store is safe for concurrent use. Errors that a user can meet are those of
// package resolve: ErrCorrupt, ErrBusy, ErrUnavailable.
type Store interface {
	// Exists says whether there is a store. It makes nothing.
	Exists(ctx context.Context) (bool, error)
	// Location names the store in messages and in the keyring: an absolute
	// path, or an address without its password.
	Location() string
	// Dir is the store's folder on this machine, for files that belong to it, or
	// "" for a store that several machines share.
	Dir() string
	// View runs fn on one consistent state. No store: ErrAbsent.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn, and what it did is durable when Update returns nil, and
	// undone where it returns an error. An absent store is made first. Several
	// Updates may share one commit; fn may therefore run more than once, in
	// another goroutine, and must set what it sets anew each time.
	Update(ctx context.Context, fn func(Tx) error) error
	// Listen sets the one listener to what transactions Notify: it is called
	// after the commit, also of other processes on the same store where they
	// can tell, and with nil after a gap, when anything may have changed. It
	// must not block, and must be set before the first transaction.
	Listen(fn func(topics []string))
	// Close waits for what is running. Closing twice is fine.
	Close() error
}

// Tx is valid inside View's or Update's fn only, and for one goroutine.
type Tx interface {
	// Get returns a copy of the value, or nil where there is none.
	Get(bucket, key string) ([]byte, error)
	// Put sets a value, which must not change until the transaction has ended.
	Put(bucket, key string, value []byte) error
	// Delete removes a key for good: when Update has returned, the value's
	// bytes are no longer in the store. Removing what is absent is no error.
	Delete(bucket, key string) error
	// Scan calls fn with the keys of r in order until fn returns false or an
	// error, which Scan returns. The value is valid during the call only. fn
	// must not write to the bucket.
	Scan(bucket string, r Range, fn func(key string, value []byte) (bool, error)) error
	// Notify tells the listener of a topic, once the transaction is durable.
	Notify(topic string)
}

// Unpurged is the error of an Update that is durable, but whose deleted bytes
// are still in the store.
type Unpurged struct{ Err error }

func (u *Unpurged) Error() string { return u.Err.Error() }
func (u *Unpurged) Unwrap() error { return u.Err }

// Mend hints at what helps against a corrupt store. It does not send anybody
// to move the file away: the keys know that there is a store, and refuse a
// new one in its place.
func Mend(location string, err error) error {
	return resolve.WithHint(err, "restore %s from a backup; to begin anew beside it, set SQUIRE_DATA_DIR to another folder", location)
}

// Peeker is a Tx that can show a value without copying it. The bytes are valid
// until the end of the transaction, and until the next write in it.
type Peeker interface {
	Peek(bucket, key string) ([]byte, error)
}

// Stated is a Tx of a store that nobody else can change: reading transactions
// of one State see the same.
type Stated interface {
	// State is not 0, unless the transaction writes or others may write.
	State() uint64
}

// Range is a part of a bucket. The zero value is all of it, in order.
type Range struct {
	Prefix string
	// From is where to begin: the first key ≥ From, or with Reverse the last
	// key < From. "" begins at the end of the prefix that comes first.
	From    string
	Reverse bool
}

// PrefixEnd is the first key behind all keys with the prefix; "": there is none.
func PrefixEnd(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}
