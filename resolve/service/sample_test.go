package service

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// testdata/format1 is a store as the first release wrote it, with its key
// (synthetic, written by TestMakeSample, without the lock files). Every later
// version must open it.
func TestFirstFormatOpens(t *testing.T) {
	h := newHouse(t)
	h.takeSample()
	s := h.open(nil)
	if err := readAll(s); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r, err := s.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db"}, {Name: "db", Version: 1}, {Environment: "prod", Name: "empty"}}})
	if err != nil {
		t.Fatal(err)
	}
	if a, b, c := r.Secrets[0].EnvDict, r.Secrets[1].EnvDict, r.Secrets[2].EnvDict; len(a) != 2 || a["B"].Reveal() != "zwei ☃" || len(b) != 1 || b["A"].Reveal() != "sample" || len(c) != 0 {
		t.Fatal("other values")
	}
	h.create(s, "new", "A", "1")
	if seen := h.trail(s); seen["create"] != 4 || seen["unreadable"] != 0 {
		t.Fatal(seen)
	}
}

func (h house) takeSample() {
	h.Helper()
	for from, to := range map[string]string{"store.db": h.store(), "master.key": h.key, "reads-2.jsonl": filepath.Join(h.data, "reads", "2.log")} {
		b, err := os.ReadFile(filepath.Join("testdata", "format1", from))
		if err != nil {
			h.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			h.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o600); err != nil { // git does not keep the mode 0600
			h.Fatal(err)
		}
	}
}

// TestMakeSample wrote testdata/format1. It documents how, and runs only when
// asked for, for the sample of a later format.
func TestMakeSample(t *testing.T) {
	dir := os.Getenv("SQUIRE_MAKE_SAMPLE")
	if dir == "" {
		t.Skip("set SQUIRE_MAKE_SAMPLE to a new folder")
	}
	h := newHouse(t)
	h.key = filepath.Join(dir, "master.key")
	h.data = filepath.Join(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := h.open(nil)
	ctx := context.Background()
	_, err := s.CreateEnvironment(ctx, "prod")
	_, err2 := s.CreateSecret(ctx, api.CreateSecretRequest{Environment: "prod", Name: "empty"})
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	h.create(s, "db", "A", "sample")
	h.create(s, "api", "K", "x")
	if _, err := one(s, "db"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateSecret(ctx, api.UpdateSecretRequest{Name: "db", EnvDict: api.EnvChanges{"B": ptr(resolve.NewValue("zwei ☃"))}}); err != nil {
		t.Fatal(err)
	}
	if _, err := one(s, "api"); err != nil {
		t.Fatal(err)
	}
}
