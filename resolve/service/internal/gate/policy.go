package gate

import (
	"fmt"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Caller is who makes a request: either a name with a scope, or the holder of a
// token. The token is looked up in the transaction, so that revoking it takes
// effect at once.
type Caller struct {
	Name  string        // for created_by and the audit trail
	Scope api.Scope     // what it may do; the zero Scope is nothing
	Token resolve.Value // the text of a token, instead of Name and Scope
}

// Owner is a Caller who may do everything, as any user who can read the key file
// and the store of an embedded service.
func Owner(name string) Caller { return Caller{Name: name, Scope: everything(api.RoleAdmin)} }

func everything(r api.Role) api.Scope {
	return api.Scope{Role: r, Environments: []string{"*"}, Names: []string{"*"}}
}

// Action is what an access does.
type Action string

// All actions.
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

// least is the lowest rank that may do an action. An action that is missing here
// is denied to everybody.
var least = map[Action]int{
	Resolve: 1, Watch: 1,
	List: 2, Info: 2, Versions: 2, ListEnvironments: 2,
	Create: 3, Update: 3, Rollback: 3, Delete: 3,
	CreateEnvironment: 4, DeleteEnvironment: 4,
	CreateToken: 4, ListTokens: 4, RevokeToken: 4, ListAudit: 4, VerifyAudit: 4, Backup: 4, RotateKey: 4,
}

// plain says what an action does, in the error of one that is denied.
var plain = map[Action]string{
	Resolve: "resolve secrets", Watch: "watch secrets",
	List: "list secrets", Info: "describe secrets", Versions: "list the versions of secrets", ListEnvironments: "list environments",
	Create: "create secrets", Update: "update secrets", Rollback: "roll secrets back", Delete: "delete secrets",
	CreateEnvironment: "create environments", DeleteEnvironment: "delete environments",
	CreateToken: "create tokens", ListTokens: "list tokens", RevokeToken: "revoke tokens",
	ListAudit: "list the audit trail", VerifyAudit: "verify the audit trail", Backup: "back up the store", RotateKey: "rotate the master key",
}

var rank = map[api.Role]int{api.RoleResolveOnly: 1, api.RoleReader: 2, api.RoleWriter: 3, api.RoleAdmin: 4}

// Access is one action that a caller requests.
type Access struct {
	Action      Action
	Environment string // "" for all
	Name        string // of the secret; "" for the environment; for a token its id
}

// storeWide reports whether the action is on the store as a whole. Only a scope
// of all environments and names covers it.
func (a Access) storeWide() bool {
	switch a.Action {
	case CreateToken, ListTokens, RevokeToken, ListAudit, VerifyAudit, Backup, RotateKey:
		return true
	}
	return false
}

// allows is the whole policy. The default is no.
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
		return true // each environment of the list is checked by itself
	case !matches(s.Environments, a.Environment):
		return false
	case a.Action == CreateEnvironment || a.Action == DeleteEnvironment:
		return all // it concerns all secrets in it
	case a.Name == "":
		return true // each secret of the list is checked by itself
	}
	return matches(s.Names, a.Name)
}

func matches(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return api.Match(p, text) })
}

// grant is an access with the decision of the policy, and its outcome.
type grant struct {
	Access
	allowed bool
	version int    // the version that was read or written
	outcome string // "" until known
}

// denied is the error of an access that the policy forbids. A caller whose role
// is too low gets that as the reason, whether the secret exists or not. A caller who may not
// even know of the secret gets the error of one that does not exist.
func (r *Records) denied(a Access) error {
	if a.storeWide() || rank[r.scope.Role] < least[a.Action] || r.allows(Access{Info, a.Environment, a.Name}) {
		return fmt.Errorf("%w to %s", resolve.ErrDenied, plain[a.Action])
	}
	return absent(a.Environment, a.Name)
}

func absent(environment, name string) error {
	if name == "" {
		return &noEnvironment{environment}
	}
	return &resolve.NotFoundError{Environment: environment, Name: name}
}

// noVersion is a NotFoundError whose text names the version.
type noVersion struct {
	secret resolve.NotFoundError
	number int
}

func (e *noVersion) Error() string {
	return fmt.Sprintf("secret %s/%s has no version %d", e.secret.Environment, e.secret.Name, e.number)
}

func (e *noVersion) Unwrap() error { return &e.secret }
