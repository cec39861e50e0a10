package serve_test

import (
	"context"

	"github.com/squire-env/squire/resolve/api"
)

// tester is an issuer that knows one caller, who may do everything.
type tester struct{}

func (tester) Identify(context.Context, string) (string, api.Scope, error) {
	return "tester", api.Scope{Role: api.RoleAdmin, Environments: []string{"*"}, Names: []string{"*"}}, nil
}
