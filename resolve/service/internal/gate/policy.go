package gate

import (
	"context"
	"fmt"

	"github.com/squire-env/squire/resolve"
)

// Caller is who acts, as the audit trail names them.
type Caller string

// Action is what is done.
type Action string

// All there is to do.
const (
	Resolve           Action = "resolve"
	Create            Action = "create"
	List              Action = "list"
	Info              Action = "info"
	Update            Action = "update"
	Versions          Action = "versions"
	Rollback          Action = "rollback"
	Delete            Action = "delete"
	CreateEnvironment Action = "create_environment"
	ListEnvironments  Action = "list_environments"
	DeleteEnvironment Action = "delete_environment"
)

// Access is one thing that a caller is about to do.
type Access struct {
	Action      Action
	Environment string // "" for all
	Name        string // of the secret; "" for the environment
}

// Policy decides. It is asked inside a transaction: it must not block.
type Policy interface {
	Allows(ctx context.Context, caller Caller, a Access) bool
}

// AllowAll is the policy of an embedded store: who can read the key file and
// the store may do everything.
type AllowAll struct{}

// Allows says yes.
func (AllowAll) Allows(context.Context, Caller, Access) bool { return true }

// grant is an access after the policy has spoken, and what became of it.
type grant struct {
	Access
	allowed bool
	version int    // that was read or written
	outcome string // "" until known
}

// denied is what a caller without the right hears. Who may not even know of
// the thing hears what they would hear if it did not exist.
func (r *Records) denied(a Access) error {
	if r.g.Policy.Allows(r.ctx, r.caller, Access{Info, a.Environment, a.Name}) {
		return fmt.Errorf("%w to %s", resolve.ErrDenied, a.Action)
	}
	return absent(a.Environment, a.Name)
}

func absent(environment, name string) error {
	if name == "" {
		return resolve.WithHint(fmt.Errorf("environment %s %w", environment, resolve.ErrNotFound), "squire environment create %s", environment)
	}
	return &resolve.NotFoundError{Environment: environment, Name: name}
}

// noVersion is a NotFoundError for programs, and says what is absent.
type noVersion struct {
	secret resolve.NotFoundError
	number int
}

func (e *noVersion) Error() string {
	return fmt.Sprintf("secret %s/%s has no version %d", e.secret.Environment, e.secret.Name, e.number)
}

func (e *noVersion) Unwrap() error { return &e.secret }
