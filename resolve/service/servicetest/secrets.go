package servicetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func testEmpty(t *testing.T, open Open) {
	k := start(t, open)
	l, err := k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	if l.Secrets == nil || len(l.Secrets) != 0 || l.NextCursor != "" {
		t.Fatalf("%#v", l)
	}
	r, err := k.Resolve(k.ctx, api.ResolveRequest{})
	k.ok(err)
	if r.Secrets == nil || len(r.Secrets) != 0 {
		t.Fatalf("%#v", r)
	}
	e, err := k.ListEnvironments(k.ctx)
	k.ok(err)
	k.equal(e, []api.Environment{{Name: "main"}})
	_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db"})
	k.want(err, resolve.ErrNotFound)
	_, err = k.RollbackSecret(k.ctx, api.RollbackRequest{Name: "db", Version: 1})
	k.want(err, resolve.ErrNotFound)
	k.want(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db"}), resolve.ErrNotFound)
	k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db", AllowMissing: true}))
}

func testLife(t *testing.T, open Open) {
	k := start(t, open)
	made := k.create("", "db", dict("B", "2", "A", "1"))
	k.equal(made, api.Secret{Environment: "main", Name: "db", Version: 1, Keys: []string{"A", "B"}, CreatedAt: api.NewTime(k.clock.Now()), CreatedBy: "tester"})
	k.equal(k.value("main", "db"), map[string]string{"A": "1", "B": "2"})
	empty := k.create("", "none", nil)
	if empty.Keys == nil {
		t.Fatal("keys of an empty secret are null, want []")
	}
	k.equal(k.value("", "none"), map[string]string{})
	k.create("", "odd", dict("A", "", "B", "ä\n\"$`'=\t☃"))
	k.equal(k.value("", "odd"), map[string]string{"A": "", "B": "ä\n\"$`'=\t☃"})
}

func testMisses(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "canary-1"))
	k.create("", "stripe", dict("B", "canary-2"))
	r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{
		{Name: "gone"}, {Name: "db", RequiredKeys: []string{"X", "A", "Y"}}, {Name: "stripe"}, {Environment: "nowhere", Name: "db"}, {Name: "db", Version: 7},
	}})
	if r.Secrets != nil {
		t.Fatal("an answer beside an error")
	}
	want := []string{"secret main/gone not found", "secret main/db lacks the required keys X, Y", "secret nowhere/db not found", "secret main/db has no version 7"}
	k.equal(strings.Split(err.Error(), "\n"), want)
	var nf *resolve.NotFoundError
	var mk *resolve.MissingKeysError
	if !errors.As(err, &nf) || nf.Name != "gone" || !errors.As(err, &mk) || !slices.Equal(mk.Keys, []string{"X", "Y"}) {
		t.Fatalf("%v", err)
	}
	r, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "stripe", RequiredKeys: []string{"B"}}, {Name: "db"}, {Name: "stripe"}}})
	k.ok(err)
	k.equal([]string{r.Secrets[0].Name, r.Secrets[1].Name, r.Secrets[2].Name}, []string{"stripe", "db", "stripe"})
}

func testIfExists(t *testing.T, open Open) {
	k := start(t, open)
	first := k.create("", "db", dict("A", "1", "B", "2"))
	k.clock.Step(time.Second)
	req := api.CreateSecretRequest{Name: "db", EnvDict: dict("C", "3")}
	for _, how := range []resolve.IfExists{"", resolve.FailIfExists} {
		req.IfExists = how
		_, err := k.CreateSecret(k.ctx, req)
		k.want(err, resolve.ErrExists)
	}
	req.IfExists = resolve.KeepIfExists
	kept, err := k.CreateSecret(k.ctx, req)
	k.ok(err)
	k.equal(*kept.Changes, api.Changes{Set: []string{}, Removed: []string{}, Unchanged: []string{}})
	kept.Changes = nil
	k.equal(kept, first)
	req.IfExists = resolve.OverwriteIfExists
	over, err := k.CreateSecret(k.ctx, req)
	k.ok(err)
	first.Version, first.Keys = 2, []string{"C"}
	first.Changes = &api.Changes{Set: []string{"C"}, Removed: []string{"A", "B"}, Unchanged: []string{}}
	k.equal(over, first)
	k.equal(k.value("", "db"), map[string]string{"C": "3"})
	req.IfExists = "perhaps"
	_, err = k.CreateSecret(k.ctx, req)
	k.want(err, resolve.ErrInvalid)
	req = api.CreateSecretRequest{Environment: "nowhere", Name: "db"}
	_, err = k.CreateSecret(k.ctx, req)
	k.want(err, resolve.ErrNotFound)
	if !strings.Contains(resolve.Hint(err), "squire environment create nowhere") && resolve.Hint(err) != "" {
		t.Fatal(resolve.Hint(err))
	}
}

func testUpdate(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1", "B", "2"))
	c := changes("B", "3", "C", "4")
	c["A"], c["NEVER"] = nil, nil
	s, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: c, ExpectedVersion: 1})
	k.ok(err)
	k.equal(s.Version, 2)
	k.equal(s.Keys, []string{"B", "C"})
	k.equal(*s.Changes, api.Changes{Set: []string{"B", "C"}, Removed: []string{"A"}, Unchanged: []string{}})
	k.equal(k.value("", "db"), map[string]string{"B": "3", "C": "4"})
	s, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("B", "3")})
	k.ok(err)
	k.equal(s.Version, 2) // nothing changed
	k.equal(*s.Changes, api.Changes{Set: []string{}, Removed: []string{}, Unchanged: []string{"B"}})
	_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("B", "5"), ExpectedVersion: 1})
	k.want(err, resolve.ErrConflict)
	k.equal(k.value("", "db")["B"], "3")
	s, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: api.EnvChanges{"B": nil, "C": nil}})
	k.ok(err)
	k.equal(s.Keys, []string{})
}

func testRollback(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1"))
	k.clock.Step(time.Second)
	_, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("B", "2")})
	k.ok(err)
	s, err := k.RollbackSecret(k.ctx, api.RollbackRequest{Name: "db", Version: 1})
	k.ok(err)
	k.equal(s.Version, 3)
	k.equal(*s.Changes, api.Changes{Set: []string{}, Removed: []string{"B"}, Unchanged: []string{"A"}})
	k.equal(k.value("", "db"), map[string]string{"A": "1"})
	r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db", Version: 2}}})
	k.ok(err)
	k.equal(plain(r.Secrets[0].EnvDict), map[string]string{"A": "1", "B": "2"})
	v, err := k.SecretVersions(k.ctx, api.SecretRequest{Name: "db"})
	k.ok(err)
	var got []string
	for _, one := range v {
		got = append(got, fmt.Sprintf("%d %v %s", one.Version, one.Keys, one.CreatedBy))
	}
	k.equal(got, []string{"3 [A] tester", "2 [A B] tester", "1 [A] tester"})
	_, err = k.RollbackSecret(k.ctx, api.RollbackRequest{Name: "db", Version: 9})
	k.want(err, resolve.ErrNotFound)
	_, err = k.RollbackSecret(k.ctx, api.RollbackRequest{Name: "db"})
	k.want(err, resolve.ErrInvalid)
}

func testDelete(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1"))
	k.create("", "db2", dict("A", "kept")) // its name has the other's as a prefix
	_, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("B", "2")})
	k.ok(err)
	k.value("", "db")
	k.want(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db", ExpectedVersion: 1}), resolve.ErrConflict)
	k.want(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db", ExpectedVersion: 3, AllowMissing: true}), resolve.ErrConflict)
	k.want(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db", ExpectedVersion: -1}), resolve.ErrInvalid)
	k.want(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "none", ExpectedVersion: 1}), resolve.ErrNotFound)
	k.equal(k.value("", "db"), map[string]string{"A": "1", "B": "2"})
	k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db", ExpectedVersion: 2}))
	_, err = k.SecretInfo(k.ctx, api.SecretRequest{Name: "db"})
	k.want(err, resolve.ErrNotFound)
	k.want(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db"}), resolve.ErrNotFound)
	k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db", AllowMissing: true}))
	s := k.create("", "db", dict("C", "3"))
	k.equal(s.Version, 1)
	if s.LastUsedAt != nil {
		t.Fatal("a new secret has the last use of an old one")
	}
	k.equal(k.value("", "db"), map[string]string{"C": "3"})
	k.equal(k.value("", "db2"), map[string]string{"A": "kept"})
}
