package squire

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// names is the provider of any named-secret service, embedded or served.
type names struct {
	service     api.Service
	environment string // the active one; "": main
}

var _ resolve.Manager = names{}

func (n names) Resolve(ctx context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	wire, err := n.wireRefs(refs)
	if err != nil {
		return nil, err
	}
	resolved, _, err := n.resolve(ctx, wire)
	return resolved, err
}

// resolve asks the service, and also returns the etag of the answer.
func (n names) resolve(ctx context.Context, wire []api.SecretRef) (resolved []resolve.Resolved, etag string, err error) {
	if len(wire) == 0 {
		return []resolve.Resolved{}, "", nil
	}
	answer, err := n.service.Resolve(ctx, api.ResolveRequest{Secrets: wire})
	if err != nil {
		return nil, "", indexed(err, wire)
	}
	resolved = make([]resolve.Resolved, len(wire))
	for i, s := range answer.Secrets {
		resolved[i] = resolve.Resolved{Absent: s.Absent, Label: s.Environment + "/" + s.Name, Version: s.Version, Vars: varsOf(s.EnvDict)}
	}
	return resolved, answer.Etag, nil
}

// indexed adds to each fault in an answer the index of its reference, if it names
// one. The faults are in the order of the request.
func indexed(err error, wire []api.SecretRef) error {
	faults, next := resolve.Faults(err), 0
	for i, fault := range faults {
		for at := next; at < len(wire); at++ {
			if isAbout(fault, wire[at]) {
				faults[i], next = &resolve.IndexError{Index: at, Err: fault}, at+1
				break
			}
		}
	}
	return errors.Join(faults...)
}

// isAbout reports whether a fault is about this reference: its secret does not
// exist, or lacks keys that it requires.
func isAbout(fault error, ref api.SecretRef) bool {
	var absent *resolve.NotFoundError
	var missing *resolve.MissingKeysError
	switch {
	case errors.As(fault, &absent):
		return absent.Environment == ref.Environment && absent.Name == ref.Name && !ref.Optional
	case errors.As(fault, &missing):
		return missing.Environment == ref.Environment && missing.Name == ref.Name &&
			!slices.ContainsFunc(missing.Keys, func(k string) bool { return !slices.Contains(ref.RequiredKeys, k) })
	}
	return false
}

func varsOf(dict api.EnvDict) []resolve.Var {
	vars := make([]resolve.Var, 0, len(dict))
	for _, k := range slices.Sorted(maps.Keys(dict)) {
		vars = append(vars, resolve.Var{Name: k, Value: dict[k]})
	}
	return vars
}

func (n names) Create(ctx context.Context, path string, dict map[string]resolve.Value, ifExists resolve.IfExists) error {
	at, err := n.at(path)
	if err == nil {
		_, err = n.service.CreateSecret(ctx, api.CreateSecretRequest{Environment: at.Environment, Name: at.Name, EnvDict: dict, IfExists: ifExists})
	}
	return err
}

func (n names) List(ctx context.Context, q resolve.ListQuery) ([]resolve.Info, error) {
	all := []resolve.Info{}
	if q.Max == 0 {
		return all, nil
	}
	r := api.ListRequest{Environment: q.Environment, Limit: max(q.Max, 0)}
	if r.Environment == "" {
		r.Environment = n.active()
	}
	if !q.CreatedBefore.IsZero() {
		r.CreatedBefore = api.NewTime(q.CreatedBefore)
	}
	for {
		page, err := n.service.ListSecrets(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Secrets {
			all = append(all, info(s))
		}
		if page.NextCursor == "" || q.Max > 0 && len(all) >= q.Max {
			return all, nil
		}
		r.Cursor = page.NextCursor
		if q.Max > 0 {
			r.Limit = q.Max - len(all)
		}
	}
}

func (n names) Info(ctx context.Context, path string) (resolve.Info, error) {
	at, err := n.at(path)
	if err != nil {
		return resolve.Info{}, err
	}
	s, err := n.service.SecretInfo(ctx, at)
	return info(s), err
}

func (n names) Update(ctx context.Context, path string, changes map[string]*resolve.Value) error {
	at, err := n.at(path)
	if err == nil {
		_, err = n.service.UpdateSecret(ctx, api.UpdateSecretRequest{Environment: at.Environment, Name: at.Name, EnvDict: changes})
	}
	return err
}

func (n names) Delete(ctx context.Context, path string, allowMissing bool) error {
	at, err := n.at(path)
	if err != nil {
		return err
	}
	return n.service.DeleteSecret(ctx, api.DeleteRequest{Environment: at.Environment, Name: at.Name, AllowMissing: allowMissing})
}

func info(s api.Secret) resolve.Info {
	i := resolve.Info{
		Environment: s.Environment, Name: s.Name, Version: s.Version, Keys: s.Keys,
		CreatedAt: s.CreatedAt.Time, CreatedBy: s.CreatedBy,
	}
	if s.LastUsedAt != nil {
		i.LastUsedAt = s.LastUsedAt.Time
	}
	return i
}
