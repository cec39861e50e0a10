package servicetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func dict(pairs ...string) api.EnvDict {
	d := api.EnvDict{}
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i]] = resolve.NewValue(pairs[i+1])
	}
	return d
}

func changes(pairs ...string) api.EnvChanges {
	c := api.EnvChanges{}
	for k, v := range dict(pairs...) {
		c[k] = &v
	}
	return c
}

func plain(d api.EnvDict) map[string]string {
	m := map[string]string{}
	for k, v := range d {
		m[k] = v.Reveal()
	}
	return m
}

type kit struct {
	testing.TB
	api.Service
	ctx   context.Context
	clock *Clock
}

func start(t *testing.T, open Open) kit {
	clock := NewClock()
	return kit{t, open(t, clock.Now), t.Context(), clock}
}

func (k kit) create(env, name string, d api.EnvDict) api.Secret {
	k.Helper()
	s, err := k.CreateSecret(k.ctx, api.CreateSecretRequest{Environment: env, Name: name, EnvDict: d})
	k.ok(err)
	return s
}

func (k kit) ok(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k kit) want(err, target error) {
	k.Helper()
	if !errors.Is(err, target) {
		k.Fatalf("error %v, want %v", err, target)
	}
}

func (k kit) value(env, name string) map[string]string {
	k.Helper()
	r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Environment: env, Name: name}}})
	k.ok(err)
	return plain(r.Secrets[0].EnvDict)
}

func (k kit) equal(got, want any) {
	k.Helper()
	if d := cmp.Diff(want, got); d != "" {
		k.Fatal(d)
	}
}

func names(l api.SecretList) (all []string) {
	for _, s := range l.Secrets {
		all = append(all, s.Name)
	}
	return all
}
