package service

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// files returns every path below dir.
func (h house) files() (all []string) {
	_ = filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != h.dir {
			all = append(all, path)
		}
		return nil
	})
	return all
}

func TestReadsMakeNothing(t *testing.T) {
	for _, held := range []bool{false, true} {
		h := newHouse(t)
		s := h.open(func(c *Config) { c.Held = held })
		ctx := context.Background()
		if err := readAllOf(s); !errors.Is(err, resolve.ErrNotFound) {
			t.Fatal(err)
		}
		// Nor do writes that are refused.
		_, err := s.UpdateSecret(ctx, api.UpdateSecretRequest{Name: "x"})
		_, err2 := s.CreateSecret(ctx, api.CreateSecretRequest{Environment: "nowhere", Name: "x"})
		if !errors.Is(err, resolve.ErrNotFound) || !errors.Is(err2, resolve.ErrNotFound) {
			t.Fatal(err, err2)
		}
		if err := s.DeleteSecret(ctx, api.DeleteRequest{Name: "x", AllowMissing: true}); err != nil {
			t.Fatal(err)
		}
		if got := h.files(); len(got) > 0 {
			t.Fatalf("made %v", got)
		}
	}
}

func readAllOf(s *Service) error {
	_, err := one(s, "x")
	_, err2 := s.ListSecrets(context.Background(), api.ListRequest{})
	_, err3 := s.ListEnvironments(context.Background())
	return errors.Join(err, err2, err3)
}

func TestKeys(t *testing.T) {
	t.Run("missing", func(t *testing.T) {
		h := sealedHouse(t)
		if err := os.Remove(h.key); err != nil {
			t.Fatal(err)
		}
		h.refuses(resolve.ErrNoKey, h.key)
		if _, err := os.Stat(h.key); err == nil {
			t.Fatal("a fresh key was made beside an existing store")
		}
	})
	t.Run("wrong", func(t *testing.T) {
		h, other := sealedHouse(t), sealedHouse(t)
		b, err := os.ReadFile(other.key)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(h.key, b, 0o600); err != nil {
			t.Fatal(err)
		}
		h.refuses(resolve.ErrNoKey, "is sealed with key")
	})
	t.Run("damaged", func(t *testing.T) {
		h := sealedHouse(t)
		for _, text := range []string{"", "{", "{}", `{"format":1}`, `{"format":1,"active":"x","keys":{"x":"` + canary + `"}}`, `{"format":9}`} {
			if err := os.WriteFile(h.key, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			h.refuses(resolve.ErrCorrupt, "key file")
		}
	})
	t.Run("store gone", func(t *testing.T) {
		h := sealedHouse(t)
		if err := os.Remove(h.store()); err != nil {
			t.Fatal(err)
		}
		h.refuses(resolve.ErrCorrupt, "is gone")
		if _, err := os.Stat(h.store()); err == nil {
			t.Fatal("an empty store took the place of the lost one")
		}
		elsewhere := h
		elsewhere.data = filepath.Join(h.dir, "other")
		elsewhere.create(elsewhere.open(nil), "x")
	})
	t.Run("given", func(t *testing.T) {
		raw := bytes.Repeat([]byte{0xfb, 7}, 16)
		h := newHouse(t)
		for i, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			s := h.open(func(c *Config) { c.MasterKey, c.MasterKeyFile = enc.EncodeToString(raw)+"\n", "" })
			if i == 0 {
				h.create(s, "db", "A", "1")
			}
			if v, err := one(s, "db"); err != nil || v["A"] != "1" {
				t.Fatal(v, err)
			}
		}
		if _, err := os.Stat(h.key); err == nil {
			t.Fatal("a key file was made")
		}
		for _, bad := range []string{canary, "AAAA", base64.StdEncoding.EncodeToString(raw) + "AAAA"} {
			_, err := Open(context.Background(), Config{DataDir: h.data, MasterKey: bad})
			if !errors.Is(err, resolve.ErrInvalid) || strings.Contains(err.Error()+resolve.Hint(err), bad) {
				t.Fatal(err)
			}
		}
	})
}

// refuses expects the error from reading and writing, with a hint and no value.
func (h house) refuses(target error, text string) {
	h.Helper()
	for _, held := range []bool{false, true} {
		s := h.open(func(c *Config) { c.Held = held })
		_, err := one(s, "db")
		_, werr := s.CreateSecret(context.Background(), api.CreateSecretRequest{Name: "x"})
		for _, err := range []error{err, werr} {
			if !errors.Is(err, target) || !strings.Contains(err.Error(), text) || resolve.Hint(err) == "" || strings.Contains(err.Error(), canary) {
				h.Fatalf("%v (hint %q), want %v with %q", err, resolve.Hint(err), target, text)
			}
		}
		_ = s.Close()
	}
}

// There is no plaintext on the disk, and nothing of a deleted secret, not even its
// wrapped data key.
func TestNoTraces(t *testing.T) {
	for _, held := range []bool{false, true} {
		h := newHouse(t)
		s := h.open(func(c *Config) { c.Held = held })
		h.create(s, "db", "A", canary)
		h.create(s, "keep", "B", canary+"-kept")
		if held {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var records [][]byte
		for r, v := range h.raws() {
			if r.bucket == "secrets" && strings.HasPrefix(r.key, "main/db") {
				records = append(records, v[41:101]) // the wrapped data key
			}
		}
		if len(records) != 2 || !h.onDisk(records[0]) || !h.onDisk(records[1]) {
			t.Fatal("the test does not see the records")
		}
		s = h.open(func(c *Config) { c.Held = held })
		if err := s.DeleteSecret(context.Background(), api.DeleteRequest{Name: "db"}); err != nil {
			t.Fatal(err)
		}
		for _, wrapped := range records {
			if h.onDisk(wrapped) {
				t.Error("a deleted secret's key is still on the disk")
			}
		}
		for _, form := range []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))[:12]} {
			if h.onDisk([]byte(form)) {
				t.Error("a value is on the disk")
			}
		}
		if v, err := one(s, "keep"); err != nil || v["B"] != canary+"-kept" {
			t.Fatal(v, err)
		}
		_ = s.Close()
	}
}

func (h house) onDisk(what []byte) bool {
	return slices.ContainsFunc(h.files(), func(path string) bool {
		b, err := os.ReadFile(path)
		return err == nil && bytes.Contains(b, what)
	})
}

// If the line of a read cannot be written, the read succeeds with a warning.
func TestReadsFolderBlocked(t *testing.T) {
	h := sealedHouse(t)
	reads := filepath.Join(h.data, "reads")
	if err := errors.Join(os.RemoveAll(reads), os.WriteFile(reads, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	var warned []string
	s := h.open(func(c *Config) { c.Warn = func(w string) { warned = append(warned, w) } })
	if v, err := one(s, "db"); err != nil || v["A"] != canary+"1" {
		t.Fatal(v, err)
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "audit") {
		t.Fatal(warned)
	}
	if err := os.Remove(reads); err != nil {
		t.Fatal(err)
	}
	if _, err := one(s, "db"); err != nil || len(warned) != 1 { // it can be written again
		t.Fatal(err, warned)
	}
}

// Incomplete and foreign lines in the file of reads are counted, and do no harm.
func TestTornReads(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(nil)
	if _, err := one(s, "db"); err != nil {
		t.Fatal(err)
	}
	logs, _ := filepath.Glob(filepath.Join(h.data, "reads", "*.log"))
	if len(logs) != 1 {
		t.Fatal(logs)
	}
	f, err := os.OpenFile(logs[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("\n{\"time\":\"2026-\n\x00\xff\n" + strings.Repeat("x", 200<<10) + "\n{\"time\":\"2026-11-23T12:00:00.000000000Z\",\"action\":\"resolve\",\"environment\":\"../x\",\"name\":\"db\",\"outcome\":\"ok\"}\n{\"ti")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := one(s, "api"); err != nil {
		t.Fatal(err)
	}
	if err := readAll(s); err != nil {
		t.Fatal(err)
	}
	h.create(s, "x")
	seen := h.trail(s)
	if seen["unreadable"] != 1 { // one line for the whole file
		t.Fatal(seen)
	}
}
