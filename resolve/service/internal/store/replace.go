package store

import "context"

// Replacer is a Store that can be replaced as a whole, as a restore does.
type Replacer interface {
	// Replace makes a new store of what r fills in, and puts it in the place
	// of the old one at once: whoever looks sees one or the other. Whatever
	// fails before that leaves the old one as it was. Nobody else may have
	// the store meanwhile: ErrBusy.
	Replace(ctx context.Context, r Replacement) error
}

// Replacement is what Replace works on. Its functions are called once each, in
// this order; an error of one is the end.
type Replacement struct {
	// Force replaces a store that is there. Without it, that is an ErrExists.
	Force bool
	// Fill puts each record once, the keys of a bucket in order.
	Fill func(put func(bucket, key string, value []byte) error) error
	// Check looks at the new store, before it is one.
	Check func(Tx) error
	// Ready makes durable what must be there before the new store is.
	Ready func() error
}
