package store

import "context"

// Replacer is a Store that can be replaced as a whole, as a restore does.
type Replacer interface {
	// Replace creates a new store from r, and puts it in the place of the old one
	// at once: readers see one or the other. A failure before that leaves the old
	// one unchanged. If another process holds the store: ErrBusy.
	Replace(ctx context.Context, r Replacement) error
}

// Replacement is the new store. Its functions are called once each, in this
// order, until one returns an error.
type Replacement struct {
	// Force replaces an existing store. False: that is an ErrExists.
	Force bool
	// Fill puts each record once, the keys of a bucket in order.
	Fill func(put func(bucket, key string, value []byte) error) error
	// Check checks the new store, before it is in its place.
	Check func(Tx) error
	// Ready makes durable what must exist before the new store is in its place.
	Ready func() error
}
