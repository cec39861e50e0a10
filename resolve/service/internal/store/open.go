package store

import (
	"context"
	"time"
)

// Backend is a place where a store can be, and the one way to open it. Each
// engine has a type of its own for it.
type Backend interface {
	// Open opens the store. Where there is none, the first Update makes it.
	Open(ctx context.Context, o Options) (Store, error)
}

// Options is what every engine is given by package service. A field that an
// engine has no use for is ignored.
type Options struct {
	// Init fills a new store, before anybody can see it. Nil: it stays empty.
	Init func(Tx) error
	// LockTimeout limits the wait for other processes. 0: 10 s.
	LockTimeout time.Duration
	// Folders are created in Store.Dir, 0700, together with the store, and
	// emptied when it is replaced.
	Folders []string
	// Sequential names the buckets whose keys mostly come in order: their pages
	// can be filled completely.
	Sequential []string
	// Warn is called with what does not fail the current call. It must be safe
	// for concurrent use. Nil: warnings are dropped.
	Warn func(string)
	// TestStep is a hook for tests: called before each step that a crash may
	// fall between, with the step's name; an error stops there, as a full disk
	// would. Nil: no hook.
	TestStep func(step string) error
}

// WithDefaults replaces zero values by what they stand for.
func (o Options) WithDefaults() Options {
	if o.LockTimeout <= 0 {
		o.LockTimeout = 10 * time.Second
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.TestStep == nil {
		o.TestStep = func(string) error { return nil }
	}
	return o
}
