package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Named makes a provider of any named-secret service, embedded or served.
func Named(s api.Service) resolve.Manager { return named{s} }

type named struct{ service api.Service }

var _ resolve.Manager = named{}

func (n named) Resolve(ctx context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	resolved, _, err := n.resolve(ctx, refs)
	return resolved, err
}

func wireRefs(refs []resolve.Ref) []api.SecretRef {
	wire := make([]api.SecretRef, len(refs))
	for i, ref := range refs {
		wire[i] = api.SecretRef(ref)
	}
	return wire
}

func (n named) resolve(ctx context.Context, refs []resolve.Ref) (resolved []resolve.Resolved, etag string, err error) {
	answer, err := n.service.Resolve(ctx, api.ResolveRequest{Secrets: wireRefs(refs)})
	if err != nil {
		return nil, "", err
	}
	resolved = make([]resolve.Resolved, len(answer.Secrets))
	for i, s := range answer.Secrets {
		vars := make([]resolve.Var, 0, len(s.EnvDict))
		for k, v := range s.EnvDict {
			vars = append(vars, resolve.Var{Name: k, Value: v})
		}
		slices.SortFunc(vars, func(a, b resolve.Var) int { return strings.Compare(a.Name, b.Name) })
		resolved[i] = resolve.Resolved{Version: s.Version, Vars: vars}
	}
	return resolved, answer.Etag, nil
}

func (n named) Create(ctx context.Context, environment, name string, dict map[string]resolve.Value, ifExists resolve.IfExists) error {
	_, err := n.service.CreateSecret(ctx, api.CreateSecretRequest{Environment: environment, Name: name, EnvDict: dict, IfExists: ifExists})
	return err
}

func (n named) List(ctx context.Context, q resolve.ListQuery) ([]resolve.Info, error) {
	all := []resolve.Info{}
	if q.Max == 0 {
		return all, nil
	}
	r := api.ListRequest{Environment: q.Environment, Limit: max(q.Max, 0)}
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

func (n named) Info(ctx context.Context, environment, name string) (resolve.Info, error) {
	s, err := n.service.SecretInfo(ctx, api.SecretRequest{Environment: environment, Name: name})
	return info(s), err
}

func (n named) Update(ctx context.Context, environment, name string, changes map[string]*resolve.Value) error {
	_, err := n.service.UpdateSecret(ctx, api.UpdateSecretRequest{Environment: environment, Name: name, EnvDict: changes})
	return err
}

func (n named) Delete(ctx context.Context, environment, name string, allowMissing bool) error {
	return n.service.DeleteSecret(ctx, api.DeleteRequest{Environment: environment, Name: name, AllowMissing: allowMissing})
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
