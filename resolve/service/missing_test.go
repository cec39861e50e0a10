package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// A record that was cut out of the file leaves traces: the error is not "not
// found", which would let an optional secret be skipped.
func TestCutOutRecords(t *testing.T) {
	h := sealedHouse(t)
	ctx := context.Background()
	s := h.open(nil)
	if _, err := s.CreateSecret(ctx, api.CreateSecretRequest{Environment: "prod", Name: "p", EnvDict: dict("A", canary)}); err != nil {
		t.Fatal(err)
	}
	all := h.raws()
	cut := func(what string, match func(raw) bool) {
		t.Helper()
		n := 0
		for r := range all {
			if match(r) {
				h.put(r, nil)
				n++
			}
		}
		if n == 0 {
			t.Fatalf("%s: nothing to cut out", what)
		}
	}
	restore := func() {
		for r, v := range all {
			h.put(r, v)
		}
	}
	corrupt := func(what string, errs ...error) {
		t.Helper()
		for i, err := range errs {
			if !errors.Is(err, resolve.ErrCorrupt) || errors.Is(err, resolve.ErrNotFound) || strings.Contains(err.Error(), canary) {
				t.Errorf("%s, call %d: %v", what, i, err)
			}
		}
	}
	create := func(environment, name string) error {
		return errOf(s.CreateSecret(ctx, api.CreateSecretRequest{Environment: environment, Name: name}))
	}
	info := func() error { return errOf(s.SecretInfo(ctx, api.SecretRequest{Name: "db"})) }
	list := func(environment string) error {
		return errOf(s.ListSecrets(ctx, api.ListRequest{Environment: environment}))
	}
	environments := func() error { return errOf(s.ListEnvironments(ctx)) }

	cut("head", func(r raw) bool { return r.bucket == "secrets" && r.key == "main/db" })
	corrupt("head", errOf(one(s, "db")), info(), create("main", "db"), list("main"), environments(), s.DeleteSecret(ctx, api.DeleteRequest{Name: "db", AllowMissing: true}))
	cut("versions", func(r raw) bool { return r.bucket == "secrets" && strings.HasPrefix(r.key, "main/db/") })
	corrupt("head and versions", errOf(one(s, "db")), info(), list("main"), environments())
	restore()
	cut("index", func(r raw) bool { return r.bucket == "created" && strings.HasSuffix(r.key, "db") })
	corrupt("index", list("main"), environments())
	restore()
	cut("environment", func(r raw) bool { return r.bucket == "environments" && r.key == "prod" })
	corrupt("environment", list("prod"), environments(), create("prod", "x"), errOf(s.CreateEnvironment(ctx, "prod")), s.DeleteEnvironment(ctx, api.DeleteRequest{Environment: "prod", AllowMissing: true}))
	restore()
	if err := errors.Join(readAll(s), list("prod"), info()); err != nil {
		t.Fatal(err)
	}
	// The time of use of an earlier secret of the same name.
	if err := s.DeleteSecret(ctx, api.DeleteRequest{Name: "db"}); err != nil {
		t.Fatal(err)
	}
	h.create(s, "db", "A", "1")
	h.put(raw{"used", "main/db"}, all[raw{"used", "main/db"}])
	if err := info(); !errors.Is(err, resolve.ErrCorrupt) {
		t.Errorf("the use of an earlier life: %v", err)
	}
}

// Without a store, the error says so once, and what to type.
func TestHintOfNoStore(t *testing.T) {
	h := newHouse(t)
	s := h.open(nil)
	ctx := context.Background()
	_, err := s.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "a"}, {Name: "b"}}})
	faults := resolve.Faults(err)
	want := fmt.Sprintf("there is no store at %s yet: squire secret create NAME KEY=- creates it", h.store())
	if len(faults) != 2 || resolve.Hint(faults[0]) != want || resolve.Hint(faults[1]) != "" {
		t.Fatalf("%d faults, hint %q", len(faults), resolve.Hint(err))
	}
	_, ierr := s.SecretInfo(ctx, api.SecretRequest{Name: "a"})
	for _, err := range []error{faults[0], ierr} {
		var miss *resolve.NotFoundError
		if !errors.As(err, &miss) || miss.Name != "a" || !errors.Is(err, resolve.ErrNotFound) || err.Error() != "secret main/a not found" || resolve.Hint(err) != want {
			t.Errorf("%v (hint %q)", err, resolve.Hint(err))
		}
	}
	if len(h.files()) > 0 {
		t.Error(h.files())
	}
	h.create(s, "x")
	if _, err := one(s, "a"); resolve.Hint(err) != "squire secret create main/a KEY=-" {
		t.Errorf("there is a store now: %q", resolve.Hint(err))
	}
}

func TestHintsOfTheAbsent(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(nil)
	_, err := s.RollbackSecret(context.Background(), api.RollbackRequest{Name: "db", Version: 99})
	if !errors.Is(err, resolve.ErrNotFound) || err.Error() != "secret main/db has no version 99" || resolve.Hint(err) != "squire secret versions main/db" {
		t.Errorf("%v (hint %q)", err, resolve.Hint(err))
	}
	err = s.DeleteEnvironment(context.Background(), api.DeleteRequest{Environment: "nowhere"})
	if !errors.Is(err, resolve.ErrNotFound) || resolve.Hint(err) != "squire environment list" {
		t.Errorf("%v (hint %q)", err, resolve.Hint(err))
	}
}

// What a hint suggests must work: the store is damaged, and the key file records
// it.
func TestCorruptHintLeadsOn(t *testing.T) {
	h := sealedHouse(t)
	if err := os.Truncate(h.store(), 0); err != nil {
		t.Fatal(err)
	}
	_, err := one(h.open(nil), "db")
	if hint := resolve.Hint(err); !errors.Is(err, resolve.ErrCorrupt) || !strings.Contains(hint, "restore "+h.store()+" from a backup") || !strings.Contains(hint, "SQUIRE_DATA_DIR") {
		t.Fatalf("%v (hint %q)", err, hint)
	}
	elsewhere := h
	elsewhere.data = h.dir + "/other"
	elsewhere.create(elsewhere.open(nil), "x")
}
