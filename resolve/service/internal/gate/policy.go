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

// actions are all actions, with the lowest rank that may do each, and what it does,
// for the error when it is denied. An action that is missing here is denied to
// everybody. The table is an array and not a map, which would be built before main,
// at every start of a command.
var actions = [...]struct {
	action Action
	rank   int
	text   string
}{
	{Resolve, 1, "resolve secrets"},
	{Watch, 1, "watch secrets"},
	{List, 2, "list secrets"},
	{Info, 2, "describe secrets"},
	{Versions, 2, "list the versions of secrets"},
	{ListEnvironments, 2, "list environments"},
	{Create, 3, "create secrets"},
	{Update, 3, "update secrets"},
	{Rollback, 3, "roll secrets back"},
	{Delete, 3, "delete secrets"},
	{CreateEnvironment, 4, "create environments"},
	{DeleteEnvironment, 4, "delete environments"},
	{CreateToken, 4, "create tokens"},
	{ListTokens, 4, "list tokens"},
	{RevokeToken, 4, "revoke tokens"},
	{ListAudit, 4, "list the audit trail"},
	{VerifyAudit, 4, "verify the audit trail"},
	{Backup, 4, "back up the store"},
	{RotateKey, 4, "rotate the master key"},
}

// needs is the lowest rank that may do the action; ok is false for none.
func (a Action) needs() (rank int, ok bool) {
	for i := range actions {
		if actions[i].action == a {
			return actions[i].rank, true
		}
	}
	return 0, false
}

// text says what the action does.
func (a Action) text() string {
	for i := range actions {
		if actions[i].action == a {
			return actions[i].text
		}
	}
	return string(a)
}

func rank(r api.Role) int {
	switch r {
	case api.RoleResolveOnly:
		return 1
	case api.RoleReader:
		return 2
	case api.RoleWriter:
		return 3
	case api.RoleAdmin:
		return 4
	}
	return 0
}

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
	need, known := a.Action.needs()
	if !known || rank(s.Role) < need {
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
	need, _ := a.Action.needs()
	if a.storeWide() || rank(r.scope.Role) < need || r.allows(Access{Info, a.Environment, a.Name}) {
		return fmt.Errorf("%w to %s", resolve.ErrDenied, a.Action.text())
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
