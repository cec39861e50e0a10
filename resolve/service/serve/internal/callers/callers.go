// Package callers turns the token of a request into the service with the rights
// of its caller. Only this package holds the service with the rights of its
// owner, in a field that the handlers of package serve cannot access: all they
// can get is a Caller, and only for a token.
package callers

import (
	"context"
	"fmt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
)

// ErrInvalidToken is the error of every token that is not valid, so that a
// stranger does not learn why.
var ErrInvalidToken = resolve.WithHint(fmt.Errorf("%w: the token is not valid", resolve.ErrNoIdentity),
	"set SQUIRE_TOKEN or SQUIRE_TOKEN_FILE to a token of this server; its administrator creates one with squire token create")

// Config configures Callers.
type Config struct {
	Owner *service.Service
	// Identify checks a token of another issuer. Nil: there are no other issuers.
	Identify func(ctx context.Context, token string) (name string, scope api.Scope, err error)
	// Recall returns the result for a token that Identify has accepted recently.
	// Nil: nothing is cached.
	Recall func(token string) (name string, scope api.Scope, ok bool)
}

// Callers finds the callers of one service. It is safe for concurrent use.
type Callers struct{ config Config }

// New makes Callers. It starts nothing.
func New(c Config) *Callers { return &Callers{c} }

// Lookup returns the caller of a token that needs no expensive check. That is a
// token of this server, which the store checks in the transaction that it is
// used for, so that a revocation takes effect at once; or one that was identified
// recently.
func (c *Callers) Lookup(token string) (Caller, bool) {
	if service.IsToken(token) {
		return Caller{c.config.Owner.As(resolve.NewValue(token))}, true
	}
	if c.config.Recall != nil {
		if name, scope, ok := c.config.Recall(token); ok {
			return Caller{c.config.Owner.For(name, scope)}, true
		}
	}
	return Caller{}, false
}

// Identify asks the other issuers about a token that Lookup does not know. The
// error is a resolve.ErrNoIdentity, or ErrUnavailable if it cannot be checked.
func (c *Callers) Identify(ctx context.Context, token string) (Caller, error) {
	if c.config.Identify == nil {
		return Caller{}, ErrInvalidToken
	}
	name, scope, err := c.config.Identify(ctx, token)
	if err != nil {
		return Caller{}, err
	}
	return Caller{c.config.Owner.For(name, scope)}, nil
}

// Ready reports whether the store can be read with the configured keys.
func (c *Callers) Ready(ctx context.Context) error { return c.config.Owner.Ready(ctx) }

// Caller is the service with the rights of one caller. It has no method to become
// another caller. The zero Caller must not be used.
type Caller struct{ rights }

// rights is not exported, so that a type assertion cannot reach the
// *service.Service in it.
type rights interface {
	api.Service
	api.Admin
	// Authenticate returns a resolve.ErrNoIdentity if the token is not valid.
	Authenticate(ctx context.Context) error
}
