// Package callers gives a request the service with the rights of its caller. It
// alone holds the service with the rights of its owner, in a field that the
// handlers of package serve cannot name: all that they can get is a Caller, and
// only for a token.
package callers

import (
	"context"
	"fmt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
)

// ErrInvalidToken refuses a token without a reason: a stranger would learn from it.
var ErrInvalidToken = resolve.WithHint(fmt.Errorf("%w: the token is not valid", resolve.ErrNoIdentity),
	"set SQUIRE_TOKEN or SQUIRE_TOKEN_FILE to a token of this server; its administrator creates one with squire token create")

// Config is what Callers are found with.
type Config struct {
	Owner *service.Service
	// Identify checks a token of another issuer. Nil: there is none.
	Identify func(ctx context.Context, token string) (name string, scope api.Scope, err error)
	// Recall answers for a token that Identify has accepted lately, at no cost.
	// Nil: nothing is remembered.
	Recall func(token string) (name string, scope api.Scope, ok bool)
}

// Callers finds the callers of one service. It is safe for concurrent use.
type Callers struct{ config Config }

// New makes Callers; it starts nothing.
func New(c Config) *Callers { return &Callers{c} }

// Lookup returns the caller of a token whose check costs next to nothing: one
// of ours, which the store checks in the transaction that the token is used in,
// so that a revoked one is refused at once; or one that was identified lately.
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
// error is a resolve.ErrNoIdentity, or ErrUnavailable where one cannot be asked.
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

// Ready says whether the store can be read with the keys at hand.
func (c *Callers) Ready(ctx context.Context) error { return c.config.Owner.Ready(ctx) }

// Caller is the service with the rights of one caller; the zero Caller is
// nobody, and must not be used. What it can do is in its method set: a Caller
// cannot become another one.
type Caller struct{ rights }

// rights are not exported, so that nobody finds the *service.Service behind
// them by a type assertion.
type rights interface {
	api.Service
	api.Admin
	// Authenticate says whether the caller is anybody: a resolve.ErrNoIdentity.
	Authenticate(ctx context.Context) error
}
