package resolve

import (
	"context"
	"time"
)

// Provider looks references up. It must be safe for concurrent use, and return
// when ctx ends. Package resolve/providertest tests the whole contract.
type Provider interface {
	// Resolve answers all refs, in their order and in one round trip, or none. It
	// checks their paths (ErrInvalid), and asserts their Keys where the secrets
	// are stored. An Optional secret that does not exist is not an error. The
	// error joins all faults, each an *IndexError: if a secret or key is missing,
	// of a *NotFoundError or a *MissingKeysError. A fault without an index is
	// about all refs. The caller applies the Selection.
	Resolve(ctx context.Context, refs []Ref) ([]Resolved, error)
}

// Resolved is a provider's answer to one reference.
type Resolved struct {
	Absent  bool   // the secret is optional and does not exist
	Label   string // identifies the secret without its version; "": the reference without its keys
	Version int    // 0: the provider has none
	Vars    []Var  // sorted by name, each name once
}

// Manager is a Provider that can also change what it stores. Paths are as in its
// references.
type Manager interface {
	Provider
	Create(ctx context.Context, path string, dict map[string]Value, ifExists IfExists) error
	List(ctx context.Context, q ListQuery) ([]Info, error)
	Info(ctx context.Context, path string) (Info, error)
	Update(ctx context.Context, path string, changes map[string]*Value) error
	Delete(ctx context.Context, path string, allowMissing bool) error
}

// Watcher is a Provider that reports changes.
type Watcher interface {
	Provider
	// Watch waits until Resolve may give another answer to these refs, in this
	// order, than it gave last, and returns nil. It may return without a change,
	// but it misses none. The error is that of ctx, or of the store: then the
	// caller retries later, and still misses nothing. If it is
	// errors.ErrUnsupported, as from a decorator of a provider that cannot watch,
	// it is that for every call.
	Watch(ctx context.Context, refs []Ref) error
}

// ListQuery asks a Manager for one environment's secrets, newest first.
type ListQuery struct {
	Environment   string    // "": the active one
	CreatedBefore time.Time // exclusive; zero: no bound
	Max           int       // negative: all
}
