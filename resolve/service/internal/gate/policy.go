package gate

import (
	"fmt"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Caller is who acts: one who is known, with a scope; or whoever holds a
// token, which is looked up in the transaction, so that a revoked one ends at
// once.
type Caller struct {
	Name  string        // as created_by and the audit trail have it
	Scope api.Scope     // what it may do; the zero Scope is nothing
	Token resolve.Value // the text of a token, in place of both
}

// Owner may do everything: who can read the key file and the store of an
// embedded service can.
func Owner(name string) Caller { return Caller{Name: name, Scope: everything(api.RoleAdmin)} }

func everything(r api.Role) api.Scope {
	return api.Scope{Role: r, Environments: []string{"*"}, Names: []string{"*"}}
}

// Action is what is done.
type Action string

// All there is to do.
const (
	Resolve           Action = "resolve"
	Watch             Action = "watch"
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
	CreateToken       Action = "create_token"
	ListTokens        Action = "list_tokens"
	RevokeToken       Action = "revoke_token"
	ListAudit         Action = "list_audit"
	VerifyAudit       Action = "verify_audit"
	Backup            Action = "backup"
	RotateKey         Action = "rotate_key"
)

// least is the least role that may do a thing. What is not here nobody may.
var least = map[Action]int{
	Resolve: 1, Watch: 1,
	List: 2, Info: 2, Versions: 2, ListEnvironments: 2,
	Create: 3, Update: 3, Rollback: 3, Delete: 3,
	CreateEnvironment: 4, DeleteEnvironment: 4,
	CreateToken: 4, ListTokens: 4, RevokeToken: 4, ListAudit: 4, VerifyAudit: 4, Backup: 4, RotateKey: 4,
}

var rank = map[api.Role]int{api.RoleResolveOnly: 1, api.RoleReader: 2, api.RoleWriter: 3, api.RoleAdmin: 4}

// Access is one thing that a caller is about to do.
type Access struct {
	Action      Action
	Environment string // "" for all
	Name        string // of the secret; "" for the environment; of a token, its id
}

// storeWide are the actions on the store as a whole: a scope that leaves
// anything out does not cover them.
func (a Access) storeWide() bool {
	switch a.Action {
	case CreateToken, ListTokens, RevokeToken, ListAudit, VerifyAudit, Backup, RotateKey:
		return true
	}
	return false
}

// allows is the whole of the policy: the default is no.
func allows(s api.Scope, a Access) bool {
	need, known := least[a.Action]
	if !known || rank[s.Role] < need {
		return false
	}
	all := slices.Contains(s.Names, "*")
	switch {
	case a.storeWide():
		return all && slices.Contains(s.Environments, "*")
	case a.Action == ListEnvironments && a.Environment == "":
		return true // each one that is shown is asked for
	case !matches(s.Environments, a.Environment):
		return false
	case a.Action == CreateEnvironment || a.Action == DeleteEnvironment:
		return all // the secrets in it are not for a part of the names
	case a.Name == "":
		return true // of a list each secret is asked for
	}
	return matches(s.Names, a.Name)
}

func matches(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return api.Match(p, text) })
}

// grant is an access after the policy has spoken, and what became of it.
type grant struct {
	Access
	allowed bool
	version int    // that was read or written
	outcome string // "" until known
}

// denied is what a caller without the right hears. Whose role is not enough
// hears that, whatever there is. Who may not even know of the thing hears what
// they would hear if it did not exist.
func (r *Records) denied(a Access) error {
	if a.storeWide() || rank[r.scope.Role] < least[a.Action] || r.allows(Access{Info, a.Environment, a.Name}) {
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
