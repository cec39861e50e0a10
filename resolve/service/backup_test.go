package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/agefile"
	"github.com/squire-env/squire/resolve/service/internal/audit"
)

func identity(t testing.TB) *age.X25519Identity {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func backup(t testing.TB, s *Service, to *age.X25519Identity) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Backup(context.Background(), api.BackupRequest{Recipients: []string{to.Recipient().String()}}, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (h house) restore(b []byte, id age.Identity, change func(*RestoreConfig)) error {
	h.Helper()
	c := RestoreConfig{Config: Config{DataDir: h.data, MasterKeyFile: h.key}, Decrypt: agefile.Decrypt(id)}
	if change != nil {
		change(&c)
	}
	_, err := Restore(context.Background(), c, bytes.NewReader(b))
	return err
}

// sealed again, sorted and without what a use of the copy adds.
func (h house) same(other house) {
	h.Helper()
	a, b := h.raws(), other.raws()
	delete(a, raw{"bolt", "purge"})
	delete(b, raw{"bolt", "purge"})
	if len(a) != len(b) {
		h.Fatalf("%d records and %d", len(a), len(b))
	}
	for r, v := range a {
		if !bytes.Equal(v, b[r]) {
			h.Fatalf("%s differs", r)
		}
	}
}

// A backup can be restored without the key file, and nothing is missing.
func TestBackupRoundTrip(t *testing.T) {
	ctx := context.Background()
	for _, held := range []bool{false, true} {
		t.Run(fmt.Sprint("held=", held), func(t *testing.T) {
			h := sealedHouse(t)
			s := h.open(func(c *Config) { c.Held = held })
			token, err := s.CreateToken(ctx, api.CreateTokenRequest{Name: "t", Scope: api.Scope{Role: api.RoleReader}})
			if err != nil {
				t.Fatal(err)
			}
			rotate(t, s, api.RotateKeyRequest{})
			if _, err := one(s, "api"); err != nil { // a read that is not in the chain yet
				t.Fatal(err)
			}
			id := identity(t)
			b := backup(t, s, id)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			to := newHouse(t)
			if err := to.restore(b, id, nil); err != nil {
				t.Fatal(err)
			}
			h.same(to)
			a, c := h.open(nil), to.open(nil)
			for _, s := range []*Service{a, c} {
				if _, err := s.As(resolve.NewValue(token.Text.Reveal())).ListSecrets(ctx, api.ListRequest{}); err != nil {
					t.Fatal(err)
				}
				v, err := one(s, "db")
				if err != nil || v["A"] != canary+"1" || v["C"] != canary+"3" {
					t.Fatal(err)
				}
			}
			x, err1 := a.ListSecrets(ctx, api.ListRequest{})
			y, err2 := c.ListSecrets(ctx, api.ListRequest{})
			if err1 != nil || err2 != nil || len(x.Secrets) != 2 || x.Secrets[0].LastUsedAt == nil || y.Secrets[0].LastUsedAt == nil || y.Secrets[0].CreatedAt != x.Secrets[0].CreatedAt {
				t.Fatal(err1, err2, len(x.Secrets))
			}
			to.create(c, "new", "A", "1")
			if seen := to.trail(c); seen["backup"] != 1 || seen["resolve"] < 3 || seen["unreadable"] != 0 {
				t.Fatal(seen)
			}
			if f := to.keyFile(); len(f.Keys) != 1 || len(f.Stores) != 1 {
				t.Fatal(f.Stores)
			}
		})
	}
}

// A backup that was changed anywhere is refused, and nothing is changed.
func TestDamagedBackup(t *testing.T) {
	h := sealedHouse(t)
	id := identity(t)
	b := backup(t, h.open(nil), id)
	old := sealedHouse(t)
	before := old.raws()
	keys, _ := os.ReadFile(old.key)
	try := func(what string, damaged []byte) {
		t.Helper()
		fresh := newHouse(t)
		if err := fresh.restore(damaged, id, nil); !errors.Is(err, resolve.ErrCorrupt) || strings.Contains(err.Error(), canary) {
			t.Fatalf("%s: %v", what, err)
		}
		if _, err := os.Lstat(fresh.store()); err == nil {
			t.Fatalf("%s: a store was made", what)
		}
		if _, err := os.Lstat(fresh.key); err == nil {
			t.Fatalf("%s: a key file was made", what)
		}
		if err := old.restore(damaged, id, func(c *RestoreConfig) { c.Force = true }); !errors.Is(err, resolve.ErrCorrupt) {
			t.Fatalf("%s, with force: %v", what, err)
		}
	}
	for i := range 64 {
		n := i * len(b) / 64
		try(fmt.Sprint("cut to ", n), b[:n])
	}
	try("cut by one", b[:len(b)-1])
	try("longer by one", append(slices.Clone(b), 0))
	for range 150 {
		flipped := slices.Clone(b)
		at, bit := rand.IntN(len(b)), rand.IntN(8)
		flipped[at] ^= 1 << bit
		try(fmt.Sprintf("bit %d of byte %d flipped", bit, at), flipped)
	}
	for r, v := range old.raws() {
		if !bytes.Equal(before[r], v) {
			t.Fatalf("%s was touched", r)
		}
	}
	if now, _ := os.ReadFile(old.key); !bytes.Equal(now, keys) {
		t.Fatal("the key file was touched")
	}
	if left, _ := filepath.Glob(filepath.Join(old.data, "*.new")); len(left) > 0 {
		t.Fatal(left)
	}
}

func TestRestoreRefused(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(nil)
	id := identity(t)
	b := backup(t, s, id)
	if err := newHouse(t).restore(b, identity(t), nil); err == nil || resolve.Hint(err) == "" || !strings.Contains(err.Error(), "identity") {
		t.Fatal(err)
	}
	if _, err := Restore(context.Background(), RestoreConfig{Config: Config{DataDir: t.TempDir(), MasterKeyFile: h.key}}, bytes.NewReader(b)); !errors.Is(err, resolve.ErrInvalid) {
		t.Fatal(err)
	}
	old := newHouse(t)
	o := old.open(nil)
	old.create(o, "only-here", "A", "1")
	if err := old.restore(b, id, nil); !errors.Is(err, resolve.ErrExists) || !strings.Contains(resolve.Hint(err), "--force") {
		t.Fatal(err)
	}
	if _, err := one(o, "only-here"); err != nil {
		t.Fatal(err)
	}
	// Another process holds it.
	holder := old.open(func(c *Config) { c.Held = true })
	if _, err := one(holder, "only-here"); err != nil {
		t.Fatal(err)
	}
	err := old.restore(b, id, func(c *RestoreConfig) { c.Force, c.LockTimeout = true, 1 })
	if !errors.Is(err, resolve.ErrBusy) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Fatal(err)
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	// Another master key than the backup's.
	err = newHouse(t).restore(b, id, func(c *RestoreConfig) { c.MasterKey = strings.Repeat("A", 43) })
	if !errors.Is(err, resolve.ErrNoKey) || resolve.Hint(err) == "" {
		t.Fatal(err)
	}
	// A failed reader is not a corrupt backup.
	broken := io.MultiReader(bytes.NewReader(b[:len(b)/2]), errReader{})
	_, err = Restore(context.Background(), RestoreConfig{Config: Config{DataDir: filepath.Join(t.TempDir(), "d"), MasterKeyFile: filepath.Join(t.TempDir(), "k")}, Decrypt: agefile.Decrypt(id)}, broken)
	if !errors.Is(err, resolve.ErrUnavailable) || errors.Is(err, resolve.ErrCorrupt) {
		t.Fatal(err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("the line is dead") }

// A forced restore replaces the store, keeps the keys that other stores may need,
// and removes the reads of the old store.
func TestForcedRestore(t *testing.T) {
	h := sealedHouse(t)
	id := identity(t)
	b := backup(t, h.open(nil), id)
	old := newHouse(t)
	o := old.open(nil)
	old.create(o, "only-here", "A", "1")
	if _, err := one(o, "only-here"); err != nil {
		t.Fatal(err)
	}
	active := old.keyFile().Active
	if err := old.restore(b, id, func(c *RestoreConfig) { c.Force = true }); err != nil {
		t.Fatal(err)
	}
	h.same(old)
	s := old.open(nil)
	if _, err := one(s, "only-here"); !errors.Is(err, resolve.ErrNotFound) {
		t.Fatal(err)
	}
	if err := readAll(s); err != nil {
		t.Fatal(err)
	}
	old.create(s, "new", "A", "1") // merges the reads
	if _, err := s.gate.Verify(context.Background(), s.caller, func(e audit.Entry) {
		if e.Name == "only-here" && e.Outcome == audit.OK {
			t.Error("a read of the old store is in the trail of the new one")
		}
	}); err != nil {
		t.Fatal(err)
	}
	f := old.keyFile()
	if f.Active != active || len(f.Keys) != 2 || len(f.Stores) != 1 || f.Stores[0].Path != old.store() {
		t.Fatalf("active %s, %d keys, %+v", f.Active, len(f.Keys), f.Stores)
	}
	// After a rotation, there is one key again.
	if got := rotate(t, s, api.RotateKeyRequest{DropOld: true}); len(got.Keys) != 1 {
		t.Fatal(got)
	}
}

// A restore that is killed at any step leaves the old store or the new one.
func TestKillAtRestore(t *testing.T) {
	h := sealedHouse(t)
	id := identity(t)
	b := backup(t, h.open(nil), id)
	file, secret := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "id")
	if err := errors.Join(os.WriteFile(file, b, 0o600), os.WriteFile(secret, []byte(id.String()), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, force := range []bool{false, true} {
		for at := 1; ; at++ {
			to := newHouse(t)
			if force {
				o := to.open(nil)
				to.create(o, "old", "A", "1")
				if _, err := one(o, "old"); err != nil {
					t.Fatal(err)
				}
			}
			cmd := to.child(fmt.Sprint("restore:", at), false)
			cmd.Env = append(cmd.Env, "SQUIRE_TEST_BACKUP="+file, "SQUIRE_TEST_IDENTITY="+secret, fmt.Sprint("SQUIRE_TEST_FORCE=", force))
			out, err := cmd.Output()
			if strings.Contains(string(out), "error") {
				t.Fatalf("at %d: %s", at, out)
			}
			if err == nil {
				if at < 6 {
					t.Fatalf("%d steps", at)
				}
				break
			}
			s := to.open(nil)
			_, isOld := one(s, "old")
			_, isNew := one(s, "db")
			if (isOld == nil) && (isNew == nil) || force && isOld != nil && isNew != nil {
				t.Fatalf("killed at %s: old %v, new %v", out, isOld, isNew)
			}
			if isOld == nil || isNew == nil {
				if err := errOf(s.VerifyAudit(context.Background())); err != nil {
					t.Fatalf("killed at %s: %v", out, err)
				}
			}
			if err := to.restore(b, id, func(c *RestoreConfig) { c.Force = true }); err != nil {
				t.Fatalf("killed at %s, and again: %v", out, err)
			}
			if err := readAll(to.open(nil)); err != nil {
				t.Fatalf("killed at %s, and again: %v", out, err)
			}
			if left, _ := filepath.Glob(filepath.Join(to.data, "*.new")); len(left) > 0 {
				t.Fatal(left)
			}
		}
	}
}

func TestBackupRefused(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(nil)
	ctx := context.Background()
	id := identity(t)
	good := id.Recipient().String()
	for _, r := range [][]string{nil, {""}, {good, id.String()}, {good, "age1nonsense"}, slices.Repeat([]string{good}, 101)} {
		var out bytes.Buffer
		err := s.Backup(ctx, api.BackupRequest{Recipients: r}, &out)
		if !errors.Is(err, resolve.ErrInvalid) || out.Len() > 0 || strings.Contains(err.Error(), id.String()) {
			t.Fatal(r, err)
		}
		if len(r) == 2 && !strings.Contains(err.Error(), "recipient 2") {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	none := h.open(func(c *Config) { c.Encrypt = nil })
	if err := none.Backup(ctx, api.BackupRequest{Recipients: []string{good}}, &out); !errors.Is(err, errors.ErrUnsupported) || resolve.Hint(err) == "" || out.Len() > 0 {
		t.Fatal(err)
	}
	reader := s.For("x", api.Scope{Role: api.RoleWriter, Environments: []string{"*"}, Names: []string{"*"}})
	if err := reader.Backup(ctx, api.BackupRequest{Recipients: []string{good}}, &out); !errors.Is(err, resolve.ErrDenied) || out.Len() > 0 {
		t.Fatal(err)
	}
	if err := newHouse(t).open(nil).Backup(ctx, api.BackupRequest{Recipients: []string{good}}, &out); !errors.Is(err, resolve.ErrNotFound) || out.Len() > 0 {
		t.Fatal(err)
	}
	// A store that could not be restored is not backed up.
	at := raw{"secrets", "main/db"}
	bad := h.raws()[at]
	bad[len(bad)-1] ^= 1
	h.put(at, bad)
	if err := s.Backup(ctx, api.BackupRequest{Recipients: []string{good}}, &out); !errors.Is(err, resolve.ErrCorrupt) || out.Len() > 0 {
		t.Fatal(err)
	}
}

// There is no plaintext in a backup or its temporary file, and no file is left.
func TestBackupTraces(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(nil)
	id := identity(t)
	left := filepath.Join(h.data, "squire-backup-1.tmp") // left by a crash
	if err := os.WriteFile(left, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	look := writerFunc(func(p []byte) (int, error) {
		for _, e := range must(os.ReadDir(h.data)) {
			info, err := e.Info()
			if err == nil && info.Mode().IsRegular() && info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", e.Name(), info.Mode())
			}
			text, _ := os.ReadFile(filepath.Join(h.data, e.Name()))
			if bytes.Contains(text, []byte(canary)) {
				t.Errorf("plaintext in %s", e.Name())
			}
		}
		return b.Write(p)
	})
	if err := s.Backup(context.Background(), api.BackupRequest{Recipients: []string{id.Recipient().String()}}, look); err != nil {
		t.Fatal(err)
	}
	for _, k := range h.keyFile().Keys {
		if bytes.Contains(b.Bytes(), []byte(k)) {
			t.Error("a key in the backup")
		}
	}
	for _, text := range []string{canary, "main/db"} {
		if bytes.Contains(b.Bytes(), []byte(text)) {
			t.Errorf("%q in the backup", text)
		}
	}
	if tmp, _ := filepath.Glob(filepath.Join(h.data, "*.tmp")); len(tmp) > 0 {
		t.Error("left over:", tmp)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func must[T any](v T, _ error) T { return v }

// A client that does not read blocks nobody, not even a deletion, which compacts;
// and the backup is in the audit trail before the first byte.
func TestSlowBackup(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(func(c *Config) { c.Held = true })
	id := identity(t)
	var b bytes.Buffer
	once := false
	slow := writerFunc(func(p []byte) (int, error) {
		if !once {
			once = true
			if err := s.DeleteSecret(context.Background(), api.DeleteRequest{Name: "api"}); err != nil {
				t.Error(err)
			}
			if seen := h.trail(s); seen["backup"] != 1 {
				t.Error(seen)
			}
		}
		return b.Write(p)
	})
	if err := s.Backup(context.Background(), api.BackupRequest{Recipients: []string{id.Recipient().String()}}, slow); err != nil {
		t.Fatal(err)
	}
	to := newHouse(t)
	if err := to.restore(b.Bytes(), id, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := one(to.open(nil), "api"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Backup(ctx, api.BackupRequest{Recipients: []string{id.Recipient().String()}}, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

// A backup during writes is one consistent state: a secret with two versions has
// its head and both, an environment has all its secrets or none.
func TestBackupUnderLoad(t *testing.T) {
	h := newHouse(t)
	s := h.open(func(c *Config) { c.Held = true })
	ctx := context.Background()
	const workers = 16
	stop := make(chan struct{})
	beats, ended := make(chan int, 1024), make(chan int, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			defer func() { ended <- i }()
			env := fmt.Sprint("env", i)
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				_, err := s.CreateEnvironment(ctx, env)
				value := fmt.Sprint(n)
				for _, name := range []string{"a", "b"} { // b is created after a: never b without a
					_, cerr := s.CreateSecret(ctx, api.CreateSecretRequest{Environment: env, Name: name, EnvDict: dict("N", value)})
					err = errors.Join(err, cerr)
				}
				err = errors.Join(err, s.DeleteEnvironment(ctx, api.DeleteRequest{Environment: env}))
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case beats <- i:
				default:
				}
			}
		}()
	}
	id := identity(t)
	for range 3 {
		for range 4 {
			select {
			case <-beats:
			case <-ended:
				t.Fatal("a writer has failed")
			}
		}
		b := backup(t, s, id) // it checks the store itself
		to := newHouse(t)
		if err := to.restore(b, id, nil); err != nil {
			t.Fatal(err)
		}
		r := to.open(nil)
		for i := range workers {
			env := fmt.Sprint("env", i)
			list, err := r.ListSecrets(ctx, api.ListRequest{Environment: env})
			if errors.Is(err, resolve.ErrNotFound) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(list.Secrets) == 1 && list.Secrets[0].Name != "a" {
				t.Errorf("%s has b without a", env)
			}
			if len(list.Secrets) == 2 {
				v, err := r.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Environment: env, Name: "a"}, {Environment: env, Name: "b"}}})
				if err != nil || v.Secrets[0].EnvDict["N"].Reveal() != v.Secrets[1].EnvDict["N"].Reveal() {
					t.Errorf("%s: a and b are of two states: %v", env, err)
				}
			}
		}
	}
	close(stop)
	all.Wait()
}
