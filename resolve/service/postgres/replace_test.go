//go:build unix

package postgres

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/agefile"
)

// A store that is moved from bbolt to PostgreSQL and back, by backup and restore,
// keeps its values, versions, tokens and audit trail.
func TestRestoreAcrossEngines(t *testing.T) {
	ctx := t.Context()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	bolt := onBolt(t, t.TempDir())
	keep(t, bolt, "db", "first")
	keep(t, bolt, "db", "second")
	if _, err := bolt.CreateToken(ctx, api.CreateTokenRequest{Name: "ci", Scope: api.Scope{Role: api.RoleReader}}); err != nil {
		t.Fatal(err)
	}
	first := backup(t, bolt, id)

	url, keys := shared.Database(t), t.TempDir()
	restore := func(force bool, b []byte) error {
		_, err := service.Restore(ctx, service.RestoreConfig{
			Config:  service.Config{Store: Config{URL: url}, MasterKeyFile: filepath.Join(keys, "conf", "master.key")},
			Decrypt: agefile.Decrypt(id), Force: force,
		}, bytes.NewReader(b))
		return err
	}
	if err := restore(false, first); err != nil {
		t.Fatal(err)
	}
	pg := serve(t, url, keys, nil)
	same(t, bolt, pg)
	keep(t, pg, "db", "third")

	// An existing store is replaced only with Force, and only by a complete backup.
	if err := restore(false, first); !errors.Is(err, resolve.ErrExists) {
		t.Fatal(err)
	}
	if err := restore(true, first[:len(first)-40]); !errors.Is(err, resolve.ErrCorrupt) {
		t.Fatal(err)
	}
	if v := value(t, pg, "db", 0); v != "third" {
		t.Fatalf("a broken backup has left version %q", v)
	}
	second := backup(t, pg, id)
	if err := restore(true, first); err != nil {
		t.Fatal(err)
	}
	if v := value(t, pg, "db", 0); v != "second" { // a running server sees it at once
		t.Fatalf("the restored value is %q", v)
	}

	dir := t.TempDir()
	_, err = service.Restore(ctx, service.RestoreConfig{
		Config:  service.Config{DataDir: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "key")},
		Decrypt: agefile.Decrypt(id),
	}, bytes.NewReader(second))
	if err != nil {
		t.Fatal(err)
	}
	back := onBolt(t, dir)
	if v := value(t, back, "db", 0); v != "third" {
		t.Fatalf("back on bbolt the value is %q", v)
	}
	if _, err := back.VerifyAudit(ctx); err != nil {
		t.Fatal(err)
	}
}

func onBolt(t *testing.T, dir string) *service.Service {
	t.Helper()
	s, err := service.Open(t.Context(), service.Config{DataDir: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "key"), Caller: "tester", Encrypt: agefile.Encrypt})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keep(t *testing.T, s *service.Service, name, text string) {
	t.Helper()
	_, err := s.CreateSecret(t.Context(), api.CreateSecretRequest{Name: name, EnvDict: api.EnvDict{"K": resolve.NewValue(text)}, IfExists: resolve.OverwriteIfExists})
	if err != nil {
		t.Fatal(err)
	}
}

func value(t *testing.T, s *service.Service, name string, version int) string {
	t.Helper()
	r, err := s.Resolve(t.Context(), api.ResolveRequest{Secrets: []api.SecretRef{{Name: name, Version: version}}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Secrets[0].EnvDict["K"].Reveal()
}

func backup(t *testing.T, s *service.Service, id *age.X25519Identity) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Backup(context.Background(), api.BackupRequest{Recipients: []string{id.Recipient().String()}}, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// same compares the secret and the tokens of two services.
func same(t *testing.T, a, b *service.Service) {
	t.Helper()
	for v := range 3 {
		if x, y := value(t, a, "db", v), value(t, b, "db", v); x != y {
			t.Errorf("version %d is %q and %q", v, x, y)
		}
	}
	x, err := a.ListTokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	y, err := b.ListTokens(t.Context())
	if err != nil || len(x) != len(y) || x[0].ID != y[0].ID {
		t.Errorf("tokens %v and %v, %v", x, y, err)
	}
	if _, err := b.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
