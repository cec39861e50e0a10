package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// CreateToken creates a token.
func (s *Service) CreateToken(ctx context.Context, req api.CreateTokenRequest) (answer api.NewToken, err error) {
	text := gate.NewTokenText()
	made, err := s.createToken(ctx, req, text)
	if err != nil {
		return api.NewToken{}, err
	}
	return api.NewToken{Token: made, Text: api.NewCredential(text)}, nil
}

func (s *Service) createToken(ctx context.Context, req api.CreateTokenRequest, text string) (made api.Token, err error) {
	scope := req.Scope
	if len(scope.Environments) == 0 {
		scope.Environments = []string{"*"}
	}
	if len(scope.Names) == 0 {
		scope.Names = []string{"*"}
	}
	faults := []error{resolve.CheckName(req.Name), CheckScope(scope)}
	var expires time.Time
	if req.ExpiresAt != nil {
		expires = req.ExpiresAt.Time
	}
	if err := errors.Join(faults...); err != nil {
		return made, err
	}
	err = s.write(ctx, gate.CreateToken, "", "", func(r *gate.Records) error {
		if req.ExpiresAt != nil && !expires.After(r.Now()) {
			return fmt.Errorf("%w expiry: it is in the past", resolve.ErrInvalid)
		}
		t, err := r.NewToken(text, req.Name, scope, expires)
		made = tokenOf(t)
		return err
	})
	return made, err
}

// CheckScope returns everything that is wrong with a scope, as an ErrInvalid.
func CheckScope(scope api.Scope) error {
	var faults []error
	switch scope.Role {
	case api.RoleAdmin, api.RoleWriter, api.RoleReader, api.RoleResolveOnly:
	default:
		faults = append(faults, fmt.Errorf("%w role: want resolve-only, reader, writer or admin", resolve.ErrInvalid))
	}
	for _, p := range slices.Concat(scope.Environments, scope.Names) {
		faults = append(faults, api.CheckPattern(p))
	}
	if n := len(scope.Environments) + len(scope.Names); n > maxPatterns {
		faults = append(faults, fmt.Errorf("%w scope: %d patterns, and at most %d are allowed", resolve.ErrInvalid, n, maxPatterns))
	}
	return errors.Join(faults...)
}

// maxPatterns limits a scope, because every request compares its patterns.
const maxPatterns = 100

// ListTokens lists all tokens, newest first.
func (s *Service) ListTokens(ctx context.Context) (answer []api.Token, err error) {
	err = s.read(ctx, gate.ListTokens, "", "", func(r *gate.Records) error {
		all, err := r.Tokens()
		if err != nil {
			return err
		}
		sort.Slice(all, func(i, j int) bool { // slices.SortFunc would make the binary 25 KiB larger
			if c := all[i].CreatedAt.Compare(all[j].CreatedAt); c != 0 {
				return c > 0
			}
			return all[i].ID > all[j].ID
		})
		answer = make([]api.Token, len(all))
		for i, t := range all {
			answer[i] = tokenOf(t)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// RevokeToken deletes a token.
func (s *Service) RevokeToken(ctx context.Context, req api.RevokeTokenRequest) error {
	if resolve.CheckName(req.ID) != nil || gate.IsToken(req.ID) {
		return resolve.WithHint(fmt.Errorf("%w token id: want the id of a token, not its text", resolve.ErrInvalid), "squire token list")
	}
	return s.write(ctx, gate.RevokeToken, "", req.ID, func(r *gate.Records) error {
		err := r.RemoveToken(req.ID)
		if errors.Is(err, resolve.ErrNotFound) && req.AllowMissing {
			return nil
		}
		return err
	})
}

func tokenOf(t gate.Token) api.Token {
	a := api.Token{ID: t.ID, Name: t.Name, Scope: t.Scope, CreatedAt: api.NewTime(t.CreatedAt), CreatedBy: t.CreatedBy}
	if !t.ExpiresAt.IsZero() {
		e := api.NewTime(t.ExpiresAt)
		a.ExpiresAt = &e
	}
	return a
}
