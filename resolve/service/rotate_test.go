package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/seam"
)

// keysUsed counts the sealed records by their key.
func (h house) keysUsed() map[string]int {
	h.Helper()
	used := map[string]int{}
	for r, v := range h.raws() {
		switch {
		case slices.Contains([]string{"environments", "secrets", "used", "tokens"}, r.bucket), r.bucket == "meta" && r.key == "audit":
			id, err := seal.KeyOf(v)
			if err != nil {
				h.Fatal(r, err)
			}
			used[id.String()]++
		case r.bucket == "meta" && r.key == "rotate":
			used["rotating"]++
		}
	}
	return used
}

type keyFile struct {
	Active string            `json:"active"`
	Next   string            `json:"next"`
	Keys   map[string]string `json:"keys"`
	Stores []struct {
		ID, Path string
		Keys     []string
	} `json:"stores"`
}

func (h house) keyFile() (f keyFile) {
	h.Helper()
	b, err := os.ReadFile(h.key)
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		h.Fatal(err)
	}
	return f
}

func rotate(t testing.TB, s *Service, r api.RotateKeyRequest) api.RotateKeyResponse {
	t.Helper()
	answer, err := s.RotateKey(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestRotate(t *testing.T) {
	for _, held := range []bool{false, true} {
		t.Run(fmt.Sprint("held=", held), func(t *testing.T) {
			h := sealedHouse(t)
			before := h.keyFile()
			s := h.open(func(c *Config) { c.Held = held })
			token, err := s.CreateToken(context.Background(), api.CreateTokenRequest{Name: "t", Scope: api.Scope{Role: api.RoleAdmin}})
			if err != nil {
				t.Fatal(err)
			}
			got := rotate(t, s, api.RotateKeyRequest{})
			if got.Active == before.Active || len(got.Keys) != 2 || got.Rewrapped < 8 {
				t.Fatalf("%+v", got)
			}
			if err := readAll(s.As(resolve.NewValue(token.Text.Reveal()))); err != nil {
				t.Fatal(err)
			}
			h.create(s, "after", "A", "1")
			dropped := rotate(t, s, api.RotateKeyRequest{DropOld: true})
			if dropped.Active != got.Active || len(dropped.Keys) != 1 || dropped.Rewrapped != 0 {
				t.Fatalf("%+v after %+v", dropped, got)
			}
			// With a single key, DropOld rotates first.
			whole := rotate(t, s, api.RotateKeyRequest{DropOld: true})
			if whole.Active == got.Active || len(whole.Keys) != 1 || whole.Rewrapped <= got.Rewrapped {
				t.Fatalf("%+v", whole)
			}
			if err := errors.Join(readAll(s), s.Close()); err != nil {
				t.Fatal(err)
			}
			if used := h.keysUsed(); len(used) != 1 || used[whole.Active] == 0 {
				t.Fatal(used)
			}
			fresh := h.open(nil)
			if v, err := one(fresh, "db"); err != nil || v["C"] != canary+"3" {
				t.Fatal(err)
			}
			if seen := h.trail(fresh); seen["rotate_key"] != 3 {
				t.Fatal(seen)
			}
		})
	}
}

// The bytes that were wrapped with the old key are not left in free pages.
func TestRotationLeavesNothingOfTheOldKey(t *testing.T) {
	h := sealedHouse(t)
	old := h.raws()
	rotate(t, h.open(nil), api.RotateKeyRequest{})
	file, err := os.ReadFile(h.store())
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for r, v := range old {
		if r.bucket == "secrets" {
			looked++
			if strings.Contains(string(file), string(v[9:101])) {
				t.Errorf("%s: its old wrapping is still in the file", r)
			}
		}
	}
	if looked == 0 {
		t.Fatal("nothing was looked for")
	}
}

// A key can be added first, to be copied to other servers, and used later.
func TestAddOnly(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(nil)
	before := h.keyFile()
	added := rotate(t, s, api.RotateKeyRequest{AddOnly: true})
	again := rotate(t, s, api.RotateKeyRequest{AddOnly: true})
	if added.Active != before.Active || len(added.Keys) != 2 || !slices.Equal(added.Keys, again.Keys) || added.Rewrapped != 0 {
		t.Fatalf("%+v, %+v", added, again)
	}
	next := h.keyFile().Next
	if got := rotate(t, s, api.RotateKeyRequest{}); got.Active != next || len(got.Keys) != 2 {
		t.Fatalf("%+v, want %s", got, next)
	}
	if h.keyFile().Next != "" {
		t.Fatal("it is next still")
	}
}

// A server that has its keys in memory notices those that are added to its file,
// before it writes and when a record needs them.
func TestKeysChangeUnderAServer(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(func(c *Config) { c.Held = true })
	if _, err := one(s, "db"); err != nil { // it has the keys now
		t.Fatal(err)
	}
	file := h.open(nil).gate.Keys.File
	ring, err := file.Advance(mustLoad(t, file).Active().ID())
	if err != nil {
		t.Fatal(err)
	}
	h.create(s, "after", "A", "1")
	if err := errors.Join(readAll(s), s.Close()); err != nil {
		t.Fatal(err)
	}
	if used := h.keysUsed(); len(used) != 2 || used[ring.Active().ID().String()] == 0 {
		t.Fatal(used)
	}
	// A record of another server, sealed with a key that was added after we had
	// read the file.
	s = h.open(func(c *Config) { c.Held = true })
	if _, err := one(s, "after"); err != nil {
		t.Fatal(err)
	}
}

func mustLoad(t testing.TB, f seal.File) *seal.Keyring {
	r, err := f.Load()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRotationRefused(t *testing.T) {
	ctx := context.Background()
	given, err := Open(context.Background(), Config{DataDir: t.TempDir(), MasterKey: strings.Repeat("A", 43), Caller: "x"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = given.RotateKey(ctx, api.RotateKeyRequest{})
	if !errors.Is(err, resolve.ErrInvalid) || resolve.Hint(err) == "" {
		t.Fatal(err)
	}
	none := newHouse(t)
	if _, err := none.open(nil).RotateKey(ctx, api.RotateKeyRequest{}); !errors.Is(err, resolve.ErrNotFound) || resolve.Hint(err) == "" {
		t.Fatal(err)
	}
	if _, err := os.Stat(none.dir + "/config"); err == nil {
		t.Fatal("it made a key")
	}
	h := sealedHouse(t)
	before, _ := os.ReadFile(h.key)
	s := h.open(nil)
	for _, scope := range []api.Scope{{Role: api.RoleWriter, Environments: []string{"*"}, Names: []string{"*"}}, {Role: api.RoleAdmin, Environments: []string{"main"}, Names: []string{"*"}}} {
		if _, err := s.For("x", scope).RotateKey(ctx, api.RotateKeyRequest{DropOld: true}); !errors.Is(err, resolve.ErrDenied) {
			t.Fatal(err)
		}
	}
	// A key file that cannot be written: here, because of its lock.
	if err := errors.Join(os.Remove(h.key+".lock"), os.Mkdir(h.key+".lock", 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RotateKey(ctx, api.RotateKeyRequest{}); err == nil || resolve.Hint(err) == "" || !strings.Contains(err.Error(), h.key) {
		t.Fatal(err)
	}
	if now, _ := os.ReadFile(h.key); string(now) != string(before) {
		t.Fatal("the key file was touched")
	}
	if used := h.keysUsed(); len(used) != 1 {
		t.Fatal(used)
	}
}

// A key file of two stores keeps every key that one of them may need.
func TestDropWithTwoStores(t *testing.T) {
	ctx := context.Background()
	h := sealedHouse(t)
	second := h
	second.data = filepath.Join(h.dir, "second")
	a, b := h.open(nil), second.open(nil)
	second.create(b, "s", "A", "1")
	if _, err := a.RotateKey(ctx, api.RotateKeyRequest{DropOld: true}); !errors.Is(err, resolve.ErrInvalid) || !strings.Contains(err.Error(), second.store()) {
		t.Fatal(err)
	}
	k0 := h.keyFile().Active
	k1 := rotate(t, a, api.RotateKeyRequest{}).Active
	if got := rotate(t, b, api.RotateKeyRequest{}); got.Active != k1 { // both use the same key then
		t.Fatalf("%+v, want %s", got, k1)
	}
	k2 := rotate(t, b, api.RotateKeyRequest{DropOld: true}) // k0 is dropped
	if slices.Contains(k2.Keys, k0) || k2.Active != k1 {
		t.Fatalf("%+v", k2)
	}
	h.create(a, "under-k1", "A", "1")
	k3 := rotate(t, b, api.RotateKeyRequest{DropOld: true})
	if k3.Active == k1 || !slices.Contains(k3.Keys, k1) {
		t.Fatalf("%+v: the first store needs %s", k3, k1)
	}
	h.create(a, "under-k3", "A", "1")
	k4 := rotate(t, b, api.RotateKeyRequest{}) // and now two keys
	rotate(t, b, api.RotateKeyRequest{DropOld: true})
	for _, name := range []string{"db", "under-k1", "under-k3"} {
		if _, err := one(a, name); err != nil {
			t.Fatal(name, err)
		}
	}
	last := rotate(t, a, api.RotateKeyRequest{DropOld: true})
	if last.Active != k4.Active || len(last.Keys) != 1 {
		t.Fatalf("%+v", last)
	}
	if err := errors.Join(readAll(a), errOf(one(b, "s"))); err != nil {
		t.Fatal(err)
	}
}

// While keys are rotated and dropped, everything can be read, and no write is lost.
func TestRotateUnderLoad(t *testing.T) {
	h := newHouse(t)
	s := h.open(func(c *Config) { c.Held = true })
	const workers = 16
	for i := range workers {
		h.create(s, fmt.Sprint("w", i), "N", "0")
	}
	ctx := context.Background()
	stop := make(chan struct{})
	beats, ended := make(chan int, 1024), make(chan int, workers) // from workers, once in each loop
	var all sync.WaitGroup
	for i := range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			defer func() { ended <- i }()
			name := fmt.Sprint("w", i)
			for n := 1; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				want := fmt.Sprint(n)
				_, err := s.UpdateSecret(ctx, api.UpdateSecretRequest{Name: name, EnvDict: api.EnvChanges{"N": ptr(resolve.NewValue(want))}})
				if err != nil {
					t.Error(err)
					return
				}
				if v, err := one(s, name); err != nil || v["N"] != want {
					t.Error(name, v, err)
					return
				}
				temp := api.DeleteRequest{Name: fmt.Sprint("temp", i)}
				if n%8 == i%8 {
					_, err := s.CreateSecret(ctx, api.CreateSecretRequest{Name: temp.Name, EnvDict: dict("A", "1")})
					if err = errors.Join(err, s.DeleteSecret(ctx, temp)); err != nil {
						t.Error(err)
						return
					}
				}
				select {
				case beats <- i:
				default:
				}
			}
		}()
	}
	seen := map[string]bool{}
	for range 4 {
		for range workers { // some work between two rotations
			select {
			case <-beats:
			case <-ended:
				t.Fatal("a worker has failed")
			}
		}
		got := rotate(t, s, api.RotateKeyRequest{DropOld: true})
		if seen[got.Active] && len(got.Keys) > 1 {
			t.Errorf("%+v", got)
		}
		seen[got.Active] = true
		if err := errOf(s.VerifyAudit(ctx)); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	all.Wait()
	if len(seen) != 4 {
		t.Fatal(slices.Collect(maps.Keys(seen)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if used := h.keysUsed(); len(used) != 1 || used[h.keyFile().Active] == 0 {
		t.Fatal(used, h.keyFile().Active)
	}
}

// The sample of the first format can be rotated.
func TestFirstFormatRotates(t *testing.T) {
	h := newHouse(t)
	h.takeSample()
	s := h.open(nil)
	rotate(t, s, api.RotateKeyRequest{})
	if err := readAll(s); err != nil {
		t.Fatal(err)
	}
	if v, err := one(s, "db"); err != nil || v["B"] != "zwei ☃" {
		t.Fatal(v, err)
	}
}

// A damaged record stops a rotation with an error that names it, and no key is
// dropped; rewrapped records can be read, and so can the others.
func TestRotateDamaged(t *testing.T) {
	h := sealedHouse(t)
	at := raw{"secrets", "main/db"}
	whole := h.raws()[at]
	bad := slices.Clone(whole)
	bad[60] ^= 1
	h.put(at, bad)
	s := h.open(nil)
	_, err := s.RotateKey(context.Background(), api.RotateKeyRequest{DropOld: true})
	if !errors.Is(err, resolve.ErrCorrupt) || !strings.Contains(err.Error(), "main/db") || strings.Contains(err.Error(), canary) {
		t.Fatal(err)
	}
	if _, err := one(s, "api"); err != nil {
		t.Fatal(err)
	}
	if len(h.keyFile().Keys) != 2 {
		t.Fatal(h.keyFile().Keys)
	}
	h.put(at, whole)
	rotate(t, s, api.RotateKeyRequest{DropOld: true})
	if err := readAll(s); err != nil || len(h.keyFile().Keys) != 1 {
		t.Fatal(err)
	}
}

// A rotation that is killed at any step is completed by the next one, with the
// same key, and everything can be read in between.
func TestKillAtRotation(t *testing.T) {
	count := 0
	h := sealedHouse(t)
	rotate(t, h.open(func(c *Config) { c.Test = seam.New(seam.Options{Step: func(string) error { count++; return nil }}) }), api.RotateKeyRequest{DropOld: true})
	if count < 10 {
		t.Fatalf("%d steps", count)
	}
	for at := 1; at <= count; at++ {
		h := sealedHouse(t)
		out, err := h.child(fmt.Sprint("rotate:", at), false).Output()
		if err == nil || strings.Contains(string(out), "error") {
			t.Fatalf("step %d never came, or failed: %s", at, out)
		}
		step, _, _ := strings.Cut(string(out), "\n")
		s := h.open(nil)
		if err := readAll(s); err != nil {
			t.Fatalf("killed at %s (%d): %v", step, at, err)
		}
		between := len(h.keyFile().Keys)
		got := rotate(t, s, api.RotateKeyRequest{DropOld: true})
		if len(got.Keys) != 1 || between > 2 {
			t.Fatalf("killed at %s (%d): %d keys, then %+v", step, at, between, got)
		}
		if err := readAll(s); err != nil {
			t.Fatalf("killed at %s (%d), and gone on: %v", step, at, err)
		}
		if used := h.keysUsed(); len(used) != 1 || used[got.Active] == 0 {
			t.Fatalf("killed at %s (%d): %v, want %s", step, at, used, got.Active)
		}
	}
}
