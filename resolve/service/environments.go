package service

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// CreateEnvironment creates an environment.
func (s *Service) CreateEnvironment(ctx context.Context, name string) (answer api.Environment, err error) {
	if err := resolve.CheckEnvironment(name); err != nil {
		return answer, err
	}
	err = s.write(ctx, gate.CreateEnvironment, name, "", func(r *gate.Records) error {
		e, err := r.Environment(name)
		if id := r.Request([]byte(name)); err == nil && id != "" && id == e.Request {
			answer = environmentOf(e) // the same request, sent again because its answer was lost
			return nil
		}
		if err == nil {
			return fmt.Errorf("environment %s %w", name, resolve.ErrExists)
		}
		if !errors.Is(err, resolve.ErrNotFound) {
			return err
		}
		e, err = r.NewEnvironment(name)
		answer = environmentOf(e)
		return err
	})
	if err != nil {
		return api.Environment{}, err
	}
	return answer, nil
}

// ListEnvironments lists all, newest first, and "main" last.
func (s *Service) ListEnvironments(ctx context.Context) (answer []api.Environment, err error) {
	err = s.read(ctx, gate.ListEnvironments, "", "", func(r *gate.Records) error {
		all, err := r.Environments()
		if err != nil {
			return err
		}
		sort.Slice(all, func(i, j int) bool { // names are unique
			if c := all[i].CreatedAt.Compare(all[j].CreatedAt); c != 0 {
				return c > 0
			}
			return all[i].Name > all[j].Name // the order of secrets of the same time
		})
		answer = make([]api.Environment, len(all))
		for i, e := range all {
			answer[i] = environmentOf(e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// DeleteEnvironment removes an environment and every secret in it.
func (s *Service) DeleteEnvironment(ctx context.Context, req api.DeleteRequest) error {
	name := orMain(req.Environment)
	if err := resolve.CheckEnvironment(name); err != nil {
		return err
	}
	if name == resolve.DefaultEnvironment {
		return fmt.Errorf("%w: environment %s cannot be deleted", resolve.ErrInvalid, name)
	}
	return s.write(ctx, gate.DeleteEnvironment, name, "", func(r *gate.Records) error {
		_, err := r.Environment(name)
		if errors.Is(err, resolve.ErrNotFound) && req.AllowMissing {
			return nil
		}
		if errors.Is(err, resolve.ErrNotFound) {
			return resolve.WithHint(err, "squire environment list") // rather than to create what is to go
		}
		if err != nil {
			return err
		}
		return r.RemoveEnvironment(name)
	})
}

func environmentOf(e gate.Environment) api.Environment {
	a := api.Environment{Name: e.Name, CreatedBy: e.CreatedBy, Secrets: e.Secrets}
	if !e.CreatedAt.IsZero() {
		t := api.NewTime(e.CreatedAt)
		a.CreatedAt = &t
	}
	return a
}
