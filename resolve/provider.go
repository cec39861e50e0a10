package resolve

import (
	"context"
	"time"
)

// Provider gives names their meaning. It must be safe for concurrent use, and
// return when ctx ends.
type Provider interface {
	// Resolve answers all refs, in their order, in one round trip, or none:
	// then the error joins a *NotFoundError or *MissingKeysError for each
	// miss. It asserts the required keys where the secrets are stored. Every
	// Ref comes with its Environment.
	Resolve(ctx context.Context, refs []Ref) ([]Resolved, error)
}

// Resolved is one secret as its provider has it.
type Resolved struct {
	Version int   // 0: the provider has none
	Vars    []Var // sorted by name, each name once
}

// Manager is a Provider that can also change what it stores.
type Manager interface {
	Provider
	Create(ctx context.Context, environment, name string, dict map[string]Value, ifExists IfExists) error
	List(ctx context.Context, q ListQuery) ([]Info, error)
	Info(ctx context.Context, environment, name string) (Info, error)
	Update(ctx context.Context, environment, name string, changes map[string]*Value) error
	Delete(ctx context.Context, environment, name string, allowMissing bool) error
}

// Watcher is a Provider that can tell when it has other answers.
type Watcher interface {
	Provider
	// Watch returns nil when Resolve may give another answer to these refs, in
	// this order, than it gave last: at times too often, never too seldom.
	// Until then it waits. An error is that of ctx, or of what it asks: the
	// caller calls again after a pause, and has missed nothing. Where it is
	// errors.ErrUnsupported, as of one that decorates a provider which cannot
	// watch, it stays so.
	Watch(ctx context.Context, refs []Ref) error
}

// ListQuery asks a Manager for one environment's secrets, newest first.
type ListQuery struct {
	Environment   string
	CreatedBefore time.Time // exclusive; zero: no bound
	Max           int       // negative: all
}
