package resolve

import (
	"context"
	"time"
)

// Provider gives references their meaning. It must be safe for concurrent use,
// and return when ctx ends. Package resolve/providertest tests all of it.
type Provider interface {
	// Resolve answers all refs, in their order, in one round trip, or none. It
	// checks their paths (ErrInvalid) and asserts their Keys where the secrets
	// are stored; a secret that is Optional and absent is no fault. The error
	// joins all faults, each about one ref as an *IndexError: a
	// *NotFoundError or a *MissingKeysError for a miss. A fault without an
	// index is of all refs. The Selection is for the caller to apply.
	Resolve(ctx context.Context, refs []Ref) ([]Resolved, error)
}

// Resolved is one secret as its provider has it.
type Resolved struct {
	Absent  bool   // an optional secret that is not there
	Label   string // identifies the secret, whatever its version; "": the reference without its keys
	Version int    // 0: the provider has none
	Vars    []Var  // sorted by name, each name once
}

// Manager is a Provider that can also change what it stores. The paths are
// those of its Refs.
type Manager interface {
	Provider
	Create(ctx context.Context, path string, dict map[string]Value, ifExists IfExists) error
	List(ctx context.Context, q ListQuery) ([]Info, error)
	Info(ctx context.Context, path string) (Info, error)
	Update(ctx context.Context, path string, changes map[string]*Value) error
	Delete(ctx context.Context, path string, allowMissing bool) error
}

// Watcher is a Provider that can say when its answers change.
type Watcher interface {
	Provider
	// Watch returns nil when Resolve may give another answer to these refs, in
	// this order, than it gave last: at times too often, but it misses no
	// change. Until then it waits. An error is that of ctx, or of what it asks:
	// the caller calls again after a pause, and has missed nothing. Where it is
	// errors.ErrUnsupported, as of a decorator of a provider that cannot watch,
	// it stays so.
	Watch(ctx context.Context, refs []Ref) error
}

// ListQuery asks a Manager for one environment's secrets, newest first.
type ListQuery struct {
	Environment   string    // "": the active one
	CreatedBefore time.Time // exclusive; zero: no bound
	Max           int       // negative: all
}
