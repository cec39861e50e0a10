package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// CreateSecret stores version 1, or does what IfExists says.
func (s *Service) CreateSecret(ctx context.Context, req api.CreateSecretRequest) (answer api.Secret, err error) {
	if err := req.Check(); err != nil {
		return answer, err
	}
	req.Environment = orMain(req.Environment)
	what, err := asked(ctx, gate.Create, req)
	if err != nil {
		return answer, err
	}
	err = s.write(ctx, gate.Create, req.Environment, req.Name, func(r *gate.Records) error {
		if _, err := r.Environment(req.Environment); err != nil {
			return err
		}
		id := r.Request(what)
		var done *api.Changes
		head, err := r.Secret(req.Environment, req.Name)
		switch {
		case err == nil && head.Made(id):
			if head.Version > 1 || req.IfExists == resolve.KeepIfExists {
				done = latest(r, head, nil)
			}
		case errors.Is(err, resolve.ErrNotFound):
			head, err = r.NewSecret(req.Environment, req.Name, req.EnvDict)
			if req.IfExists == resolve.KeepIfExists {
				done = compare(nil, req.EnvDict, nil)
			}
		case err != nil:
		case req.IfExists == resolve.OverwriteIfExists:
			if old, err := r.Version(head, 0); err == nil { // a damaged one can be replaced, too
				done = compare(old.Dict, req.EnvDict, nil)
			}
			head, err = r.NewVersion(head, req.EnvDict)
		case req.IfExists == resolve.KeepIfExists:
			done = compare(nil, nil, nil)
		default:
			return resolve.WithHint(fmt.Errorf("secret %s/%s %w", req.Environment, req.Name, resolve.ErrExists),
				"squire secret update %s/%s changes single keys; --force replaces all its values", req.Environment, req.Name)
		}
		if err != nil {
			return err
		}
		answer, err = describe(r, head)
		answer.Changes = done
		return err
	})
	return orNone(answer, err)
}

// UpdateSecret merges changes into the current version as a new one.
func (s *Service) UpdateSecret(ctx context.Context, req api.UpdateSecretRequest) (answer api.Secret, err error) {
	if err := req.Check(); err != nil {
		return answer, err
	}
	req.Environment = orMain(req.Environment)
	what, err := asked(ctx, gate.Update, req)
	if err != nil {
		return answer, err
	}
	err = s.write(ctx, gate.Update, req.Environment, req.Name, func(r *gate.Records) error {
		head, err := r.Secret(req.Environment, req.Name)
		if err != nil {
			return err
		}
		if head.Made(r.Request(what)) {
			answer, err = describe(r, head)
			answer.Changes = latest(r, head, req.EnvDict)
			return err
		}
		if err := expect(head, req.ExpectedVersion); err != nil {
			return err
		}
		v, err := r.Version(head, 0)
		if err != nil {
			return err
		}
		dict := merge(v.Dict, req.EnvDict)
		done := compare(v.Dict, dict, req.EnvDict)
		if len(done.Set)+len(done.Removed) > 0 {
			if err := api.CheckSize(dict); err != nil {
				return err
			}
			if head, err = r.NewVersion(head, dict); err != nil {
				return err
			}
		}
		answer, err = describe(r, head)
		answer.Changes = done
		return err
	})
	return orNone(answer, err)
}

// asked is the content of a write with an idempotency id, by which it is
// recognized when it is sent again because its answer was lost. Nil: no id.
func asked(ctx context.Context, action gate.Action, req any) ([]byte, error) {
	if api.RequestID(ctx) == "" {
		return nil, nil
	}
	b, err := json.Marshal(req)
	return append([]byte(action+" "), b...), err
}

// RollbackSecret writes the values of an earlier version as a new one.
func (s *Service) RollbackSecret(ctx context.Context, req api.RollbackRequest) (answer api.Secret, err error) {
	req.Environment = orMain(req.Environment)
	var fault error
	if req.Version < 1 {
		fault = fmt.Errorf("%w version %d: versions count from 1", resolve.ErrInvalid, req.Version)
	}
	if err := errors.Join(api.SecretRequest{Environment: req.Environment, Name: req.Name}.Check(), fault); err != nil {
		return answer, err
	}
	what, err := asked(ctx, gate.Rollback, req)
	if err != nil {
		return answer, err
	}
	err = s.write(ctx, gate.Rollback, req.Environment, req.Name, func(r *gate.Records) error {
		head, err := r.Secret(req.Environment, req.Name)
		if err != nil {
			return err
		}
		if head.Made(r.Request(what)) {
			answer, err = describe(r, head)
			answer.Changes = latest(r, head, nil)
			return err
		}
		v, err := r.Version(head, req.Version)
		if err != nil {
			if errors.Is(err, resolve.ErrNotFound) {
				err = resolve.WithHint(err, "squire secret versions %s/%s", req.Environment, req.Name)
			}
			return err
		}
		var done *api.Changes
		if old, err := r.Version(head, 0); err == nil { // a damaged one is no obstacle
			done = compare(old.Dict, v.Dict, nil)
		}
		if head, err = r.NewVersion(head, v.Dict); err != nil {
			return err
		}
		answer, err = describe(r, head)
		answer.Changes = done
		return err
	})
	return orNone(answer, err)
}

// DeleteSecret deletes a secret with all its versions and their data keys.
func (s *Service) DeleteSecret(ctx context.Context, req api.DeleteRequest) error {
	req.Environment = orMain(req.Environment)
	if err := (api.UpdateSecretRequest{Environment: req.Environment, Name: req.Name, ExpectedVersion: req.ExpectedVersion}).Check(); err != nil {
		return err
	}
	return s.write(ctx, gate.Delete, req.Environment, req.Name, func(r *gate.Records) error {
		head, err := r.Secret(req.Environment, req.Name)
		if errors.Is(err, resolve.ErrNotFound) && req.AllowMissing {
			return nil
		}
		if err == nil {
			err = expect(head, req.ExpectedVersion)
		}
		if err != nil {
			return err
		}
		return r.Remove(head)
	})
}

// expect refuses a write that was meant for another version; 0 is any.
func expect(head gate.Secret, version int) error {
	if version != 0 && version != head.Version {
		return fmt.Errorf("secret %s/%s %w: it is at version %d, not %d", head.Environment, head.Name, resolve.ErrConflict, head.Version, version)
	}
	return nil
}

// SecretInfo describes one secret.
func (s *Service) SecretInfo(ctx context.Context, req api.SecretRequest) (answer api.Secret, err error) {
	req.Environment = orMain(req.Environment)
	if err := req.Check(); err != nil {
		return answer, err
	}
	err = s.read(ctx, gate.Info, req.Environment, req.Name, func(r *gate.Records) error {
		head, err := r.Secret(req.Environment, req.Name)
		if err != nil {
			return err
		}
		answer, err = describe(r, head)
		return err
	})
	return orNone(answer, err)
}

// SecretVersions lists the versions of a secret, newest first.
func (s *Service) SecretVersions(ctx context.Context, req api.SecretRequest) (answer []api.Version, err error) {
	req.Environment = orMain(req.Environment)
	if err := req.Check(); err != nil {
		return nil, err
	}
	err = s.read(ctx, gate.Versions, req.Environment, req.Name, func(r *gate.Records) error {
		answer = []api.Version{}
		head, err := r.Secret(req.Environment, req.Name)
		if err != nil {
			return err
		}
		for n := head.Version; n >= 1; n-- {
			v, err := r.Version(head, n)
			if err != nil {
				return err
			}
			answer = append(answer, api.Version{Version: n, Keys: keysOrNone(v.Keys()), CreatedAt: api.NewTime(v.CreatedAt), CreatedBy: v.CreatedBy})
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// write is one write to one secret; read is one read.
func (s *Service) write(ctx context.Context, a gate.Action, environment, name string, fn func(*gate.Records) error) error {
	return s.gate.Write(ctx, s.caller, []gate.Access{{Action: a, Environment: environment, Name: name}},
		func(r *gate.Records) error { return r.WithHint(fn(r)) })
}

func (s *Service) read(ctx context.Context, a gate.Action, environment, name string, fn func(*gate.Records) error) error {
	return s.gate.Read(ctx, s.caller, []gate.Access{{Action: a, Environment: environment, Name: name}},
		func(r *gate.Records) error { return r.WithHint(fn(r)) })
}

// describe is the answer about a secret. It also sets the version in the audit
// line.
func describe(r *gate.Records, head gate.Secret) (api.Secret, error) {
	used, err := r.LastUsed(head)
	a := api.Secret{
		Environment: head.Environment, Name: head.Name, Version: head.Version, Keys: keysOrNone(slices.Clone(head.Keys)),
		CreatedAt: api.NewTime(head.CreatedAt), CreatedBy: head.CreatedBy,
	}
	if !used.IsZero() {
		t := api.NewTime(used)
		a.LastUsedAt = &t
	}
	r.Note(head.Environment, head.Name, head.Version, err)
	return a, err
}

func orNone(a api.Secret, err error) (api.Secret, error) {
	if err != nil {
		return api.Secret{}, err
	}
	return a, nil
}

// keysOrNone makes an empty list [] in JSON, not null.
func keysOrNone(keys []string) []string {
	if keys == nil {
		return []string{}
	}
	return keys
}
