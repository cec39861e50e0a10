package service

import (
	"context"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// As is the service for another caller: the holder of this token.
func (s *Service) As(token resolve.Value) *Service {
	return s.with(gate.Caller{Token: token})
}

// For is the service for another caller, who was already identified by other
// means.
func (s *Service) For(name string, scope api.Scope) *Service {
	return s.with(gate.Caller{Name: name, Scope: scope})
}

func (s *Service) with(c gate.Caller) *Service {
	other := *s
	other.caller = c
	return &other
}

// IsToken reports whether a text has the form of a token of this service, and not
// of another issuer.
func IsToken(text string) bool { return gate.IsToken(text) }

// Authenticate checks the caller's token. The error is a resolve.ErrNoIdentity.
func (s *Service) Authenticate(ctx context.Context) error {
	if s.caller.Token.Len() == 0 {
		return nil // see For
	}
	return s.gate.Check(ctx, s.caller)
}

// Ready checks that the store can be read with the present keys.
func (s *Service) Ready(ctx context.Context) error {
	return s.gate.Check(ctx, gate.Caller{Name: "readiness"})
}

// NewToken returns the text of a new token, which is not stored yet.
func NewToken() string { return gate.NewTokenText() }

// Bootstrap creates the store if there is none, and creates the first token of a
// store that never had one, for an administrator of everything. tell shows a text
// to the administrator and returns it. It is called before the token is stored:
// after a kill between the two, the text is not valid, and the next start calls
// tell again. did reports whether a token was created.
func (s *Service) Bootstrap(ctx context.Context, tell func() (text string, err error)) (did bool, err error) {
	return s.gate.Bootstrap(ctx, tell)
}
