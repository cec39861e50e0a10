package service

import (
	"context"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// As is the service for another caller: who holds this token.
func (s *Service) As(token resolve.Value) *Service {
	return s.with(gate.Caller{Token: token})
}

// For is the service for another caller, whom somebody has identified.
func (s *Service) For(name string, scope api.Scope) *Service {
	return s.with(gate.Caller{Name: name, Scope: scope})
}

func (s *Service) with(c gate.Caller) *Service {
	other := *s
	other.caller = c
	return &other
}

// IsToken says whether a text has the form of a token of this service, rather
// than of another issuer.
func IsToken(text string) bool { return gate.IsToken(text) }

// Authenticate says whether the caller is anybody: resolve.ErrNoIdentity.
func (s *Service) Authenticate(ctx context.Context) error {
	if s.caller.Token.Len() == 0 {
		return nil // somebody has identified them
	}
	return s.gate.Check(ctx, s.caller)
}

// Ready says whether the store can be read with the keys at hand.
func (s *Service) Ready(ctx context.Context) error {
	return s.gate.Check(ctx, gate.Caller{Name: "readiness"})
}

// NewToken makes the text of a token that no store knows yet.
func NewToken() string { return gate.NewTokenText() }

// Bootstrap makes the store where there is none, and gives one that never had
// a token its first, for an admin of everything. The text is what tell
// returns, which has shown it to whoever is to have it: a kill between the two
// leaves a text that opens nothing, and the next start tells another, or the
// same. It says whether it did.
func (s *Service) Bootstrap(ctx context.Context, tell func() (text string, err error)) (did bool, err error) {
	return s.gate.Bootstrap(ctx, tell)
}
