package servicetest

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// testModel applies random operations to the service and to a model, a map of
// lists of versions, and compares the two.
func testModel(t *testing.T, open Open) {
	k := start(t, open)
	// Each step waits for a disk: a tenth of rapid's checks, unless set by flag.
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("10")
		defer func() { _ = f.Value.Set(f.DefValue) }()
	}
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		env := fmt.Sprint("e", round)
		if _, err := k.CreateEnvironment(k.ctx, env); err != nil {
			rt.Fatal(err)
		}
		model := map[string][]map[string]string{}
		name := rapid.SampledFrom([]string{"a", "a.b", "a-b", "A", "b"})
		some := rapid.MapOf(rapid.SampledFrom([]string{"K", "L", "_m9"}), rapid.StringMatching(`[ -~é]{0,9}`))
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(rt *rapid.T) {
				n, d := name.Draw(rt, "name"), some.Draw(rt, "dict")
				how := rapid.SampledFrom([]resolve.IfExists{"", resolve.KeepIfExists, resolve.OverwriteIfExists}).Draw(rt, "how")
				_, err := k.CreateSecret(k.ctx, api.CreateSecretRequest{Environment: env, Name: n, EnvDict: valuesOf(d), IfExists: how})
				there := len(model[n]) > 0
				if (err != nil) != (there && how == "") || err != nil && !errors.Is(err, resolve.ErrExists) {
					rt.Fatal(err)
				}
				if !there || how == resolve.OverwriteIfExists {
					model[n] = append(model[n], d)
				}
			},
			"update": func(rt *rapid.T) {
				n, d := name.Draw(rt, "name"), some.Draw(rt, "dict")
				c := api.EnvChanges{"L": nil}
				for key, v := range valuesOf(d) {
					c[key] = &v
				}
				_, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Environment: env, Name: n, EnvDict: c})
				if errors.Is(err, resolve.ErrNotFound) != (len(model[n]) == 0) {
					rt.Fatal(err)
				}
				if err != nil {
					return
				}
				next := maps.Clone(model[n][len(model[n])-1])
				delete(next, "L")
				maps.Copy(next, d)
				if !maps.Equal(next, model[n][len(model[n])-1]) {
					model[n] = append(model[n], next)
				}
			},
			"rollback": func(rt *rapid.T) {
				n, v := name.Draw(rt, "name"), rapid.IntRange(1, 4).Draw(rt, "version")
				_, err := k.RollbackSecret(k.ctx, api.RollbackRequest{Environment: env, Name: n, Version: v})
				if (err == nil) != (v <= len(model[n])) {
					rt.Fatal(err)
				}
				if err == nil {
					model[n] = append(model[n], model[n][v-1])
				}
			},
			"delete": func(rt *rapid.T) {
				n := name.Draw(rt, "name")
				err := k.DeleteSecret(k.ctx, api.DeleteRequest{Environment: env, Name: n})
				if (err == nil) != (len(model[n]) > 0) {
					rt.Fatal(err)
				}
				delete(model, n)
			},
			"step": func(rt *rapid.T) { k.clock.Step(time.Duration(rapid.IntRange(-2, 2).Draw(rt, "by")) * time.Second) },
			"": func(rt *rapid.T) {
				l, err := k.ListSecrets(k.ctx, api.ListRequest{Environment: env})
				if err != nil {
					rt.Fatal(err)
				}
				got := names(l)
				slices.Sort(got)
				if want := slices.Sorted(maps.Keys(model)); !slices.Equal(got, want) {
					rt.Fatal(got, want)
				}
				for n, versions := range model {
					for i, want := range versions {
						r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Environment: env, Name: n, Version: i + 1}}})
						if err != nil {
							rt.Fatal(err)
						}
						if d := cmp.Diff(want, plain(r.Secrets[0].EnvDict)); d != "" {
							rt.Fatal(d)
						}
					}
				}
			},
		})
	})
}

func valuesOf(d map[string]string) api.EnvDict {
	v := api.EnvDict{}
	for key, text := range d {
		v[key] = resolve.NewValue(text)
	}
	return v
}
