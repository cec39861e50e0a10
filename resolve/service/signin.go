package service

import (
	"context"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// As is the service for another caller: who holds this token.
func (s *Service) As(token resolve.Value) *Service {
	return &Service{gate: s.gate, store: s.store, caller: gate.Caller{Token: token}}
}

// For is the service for another caller, whom somebody has identified.
func (s *Service) For(name string, scope api.Scope) *Service {
	return &Service{gate: s.gate, store: s.store, caller: gate.Caller{Name: name, Scope: scope}}
}

// IsToken says whether a text has the form of a token of this service, rather
// than of another issuer.
func IsToken(text string) bool { return gate.IsToken(text) }

// Authenticate says whether the caller is anybody: resolve.ErrNoIdentity.
func (s *Service) Authenticate(ctx context.Context) error { return s.gate.Check(ctx, s.caller) }

// Ready says whether the store can be read with the keys at hand.
func (s *Service) Ready(ctx context.Context) error {
	return s.gate.Check(ctx, gate.Caller{Name: "readiness"})
}

// Bootstrap makes the store where there is none, and gives one that never had
// a token its first, for an admin of everything. Its text is earlier, where
// that is a token that an earlier start has told and not come to store, else
// new; tell hears it before it is stored. It says whether it did.
func (s *Service) Bootstrap(ctx context.Context, earlier string, tell func(text string) error) (did bool, err error) {
	text := earlier
	if !IsToken(text) {
		text = gate.NewTokenText()
	}
	return s.gate.Bootstrap(ctx, text, func() error { return tell(text) })
}
