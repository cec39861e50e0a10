package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// copied is a service that notes what is done, and fails where the test wants.
type copied struct {
	api.Service
	calls []string
	fails map[string]error
}

func (c *copied) do(format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	c.calls = append(c.calls, call)
	return c.fails[call]
}

func (c *copied) Resolve(_ context.Context, r api.ResolveRequest) (api.ResolveResponse, error) {
	s := r.Secrets[0]
	return api.ResolveResponse{Secrets: []api.ResolvedSecret{{Environment: s.Environment, Name: s.Name, Version: 3, EnvDict: api.EnvDict{"K": resolve.NewValue("c4nary")}}}},
		c.do("resolve %s/%s", s.Environment, s.Name)
}

func (c *copied) CreateSecret(_ context.Context, r api.CreateSecretRequest) (api.Secret, error) {
	return api.Secret{Environment: r.Environment, Name: r.Name, Version: 1, Keys: []string{"K"}}, c.do("create %s/%s %s", r.Environment, r.Name, r.IfExists)
}

func (c *copied) DeleteSecret(_ context.Context, r api.DeleteRequest) error {
	return c.do("delete %s/%s at version %d", r.Environment, r.Name, r.ExpectedVersion)
}

func (c *copied) ListSecrets(_ context.Context, r api.ListRequest) (list api.SecretList, err error) {
	if r.Environment == "main" {
		for _, name := range []string{"c", "b", "a"} {
			list.Secrets = append(list.Secrets, api.Secret{Environment: "main", Name: name})
		}
	}
	return list, c.do("list %s", r.Environment)
}

func (c *copied) CreateEnvironment(_ context.Context, name string) (api.Environment, error) {
	return api.Environment{Name: name}, c.do("create %s", name)
}

// Renaming deletes last, and only what it has copied. What it leaves behind is
// said.
func TestRenameLosesNothing(t *testing.T) {
	from, to := api.SecretRequest{Environment: "main", Name: "a"}, api.SecretRequest{Environment: "prod", Name: "b"}
	all := []string{"resolve main/a", "create prod/b fail", "delete main/a at version 3"}
	for _, c := range []struct {
		fails string
		err   error
		calls int
		said  string
	}{
		{"", nil, 3, ""},
		{all[0], resolve.ErrDenied, 1, ""},
		{all[1], resolve.ErrExists, 2, ""},
		{all[1], resolve.ErrUnavailable, 2, ""},
		{all[2], resolve.ErrConflict, 3, "prod/b has the values of version 3 of main/a, which was not deleted"},
		{all[2], resolve.ErrInvalid, 3, "which was not deleted"}, // an older server
		{all[2], resolve.ErrUnavailable, 3, "which may still exist"},
	} {
		service, out := &copied{fails: map[string]error{c.fails: c.err}}, &bytes.Buffer{}
		a := &app.App{Stdout: out, Messages: cli.NewMessages("squire", out)}
		_, version, err := moveSecret(t.Context(), a, service, from, to, existing{})
		if !errors.Is(err, c.err) || !slices.Equal(service.calls, all[:c.calls]) || !strings.Contains(out.String(), c.said) || (c.said == "") != (out.Len() == 0) {
			t.Errorf("%q fails with %v: %v\n%q\n%s", c.fails, c.err, err, service.calls, out)
		}
		if c.said != "" && resolve.Hint(err) != "squire secret rename main/a prod/b --force" {
			t.Error(resolve.Hint(err))
		}
		if c.err == nil && version != 3 || strings.Contains(out.String(), "c4nary") {
			t.Errorf("version %d: %s", version, out)
		}
	}
}

// A copy that is repeated does not ask again for what is there, so that it ends
// although each time is too short for all.
func TestEnvironmentCopyRepeated(t *testing.T) {
	service, out := &copied{}, &bytes.Buffer{}
	a := &app.App{Stdout: out, Messages: cli.NewMessages("squire", out)}
	c := environmentCopy{App: a, service: there{service}, from: "main", to: "prod", existing: existing{allow: true}}
	if err := c.run(t.Context()); err != nil {
		t.Error(err)
	}
	want := []string{"list main", "list prod", "resolve main/c", "create prod/c keep"}
	if !slices.Equal(service.calls, want) || !strings.HasPrefix(out.String(), "prod/a: unchanged, version 2\nprod/b: unchanged, version 1\nprod/c") {
		t.Errorf("%q\n%s", service.calls, out)
	}
}

// there has two of the secrets in prod already.
type there struct{ *copied }

func (s there) ListSecrets(ctx context.Context, r api.ListRequest) (api.SecretList, error) {
	list, err := s.copied.ListSecrets(ctx, r)
	if r.Environment == "prod" {
		list.Secrets = []api.Secret{{Environment: "prod", Name: "b", Version: 1}, {Environment: "prod", Name: "a", Version: 2}}
	}
	return list, err
}

// A copy that fails halfway says what it did, and can be repeated.
func TestEnvironmentCopyHalfway(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		service := &copied{fails: map[string]error{"list prod": resolve.ErrNotFound, "create prod/b keep": resolve.ErrUnavailable}}
		var out, errs bytes.Buffer
		a := &app.App{Stdout: &out, Messages: cli.NewMessages("squire", &errs)}
		c := environmentCopy{App: a, service: service, from: "main", to: "prod", existing: existing{allow: true}, asJSON: asJSON}
		if err := c.run(t.Context()); !errors.Is(err, resolve.ErrUnavailable) {
			t.Error(err)
		}
		want := []string{"list main", "list prod", "create prod", "resolve main/a", "create prod/a keep", "resolve main/b", "create prod/b keep"}
		if !slices.Equal(service.calls, want) {
			t.Errorf("%q", service.calls)
		}
		if want := "squire: warning: 1 of 3 secrets were copied from main to prod; with --allow-existing the copy can be repeated\n"; errs.String() != want {
			t.Errorf("%s", errs.String())
		}
		if text := out.String(); strings.Contains(text, "c4nary") || asJSON != strings.Contains(text, `"name": "a"`) || asJSON == strings.Contains(text, "prod/a") {
			t.Errorf("%s", text)
		}
	}
}
