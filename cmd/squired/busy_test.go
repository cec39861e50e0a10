package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/agefile"
)

// If a server holds the store, the message names it and says how to use it.
func TestHeldStore(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	data, key, secret := filepath.Join(dir, "data"), filepath.Join(dir, "key"), filepath.Join(dir, "id")
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte(id.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := service.Open(context.Background(), service.Config{DataDir: data, MasterKeyFile: key, Caller: "server", Held: true, Encrypt: agefile.Encrypt})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateSecret(ctx, api.CreateSecretRequest{Name: "db"}); err != nil {
		t.Fatal(err)
	}
	var backup bytes.Buffer
	if err := s.Backup(ctx, api.BackupRequest{Recipients: []string{id.Recipient().String()}}, &backup); err != nil {
		t.Fatal(err)
	}
	squired := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(ctx, args, []string{"SQUIRED_DATA_DIR=" + data, "SQUIRED_MASTER_KEY_FILE=" + key, "SQUIRED_LOCK_TIMEOUT=20ms"}, bytes.NewReader(backup.Bytes()), &out, &errs)
		return code, errs.String()
	}
	for _, c := range []struct {
		args []string
		hint string
	}{
		{[]string{"backup", "--recipient", id.Recipient().String()}, "squired backup --server URL"},
		{[]string{"rotate-key"}, "squired rotate-key --server URL"},
		{[]string{"verify-audit"}, "squired verify-audit --server URL"},
		{[]string{"restore", "--identity", secret, "--force"}, "stop the process that holds the store"},
		{[]string{"copy", data, filepath.Join(dir, "to")}, "squired copy https://… TO"},
	} {
		code, text := squired(c.args...)
		if code != 1 || !strings.Contains(text, "busy: the store") || !strings.Contains(text, c.hint) {
			t.Errorf("%v: exit code %d: %s", c.args, code, text)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if code, text := squired("restore", "--identity", secret, "--force"); code != 0 {
		t.Error(text)
	}
}

// An interrupted backup leaves no file, and the one that was there.
func TestInterruptedBackup(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	if err := os.WriteFile(out, []byte("yesterday's"), 0o600); err != nil {
		t.Fatal(err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, errs bytes.Buffer
	code := run(ctx, []string{"backup", "--recipient", id.Recipient().String(), "--out", out}, []string{"HOME=" + dir}, strings.NewReader(""), &stdout, &errs)
	if b, _ := os.ReadFile(out); code != 1 || string(b) != "yesterday's" {
		t.Fatal(code, errs.String(), string(b))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".squired-*")); len(left) > 0 {
		t.Fatal(left)
	}
}
