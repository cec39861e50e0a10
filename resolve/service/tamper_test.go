package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// canary is in every value; no error may contain it.
const canary = "canary-7f3a"

// raw is the bucket and key of a record in the bbolt file.
type raw struct{ bucket, key string }

func (r raw) String() string { return fmt.Sprintf("%s/%q", r.bucket, r.key) }

// sealedHouse has every kind of record.
func sealedHouse(t *testing.T) house {
	h := newHouse(t)
	s := h.open(nil)
	ctx := context.Background()
	for _, env := range []string{"prod", "dev"} {
		if _, err := s.CreateEnvironment(ctx, env); err != nil {
			t.Fatal(err)
		}
	}
	h.create(s, "db", "A", canary+"1")
	h.create(s, "api", "B", canary+"2")
	if _, err := s.UpdateSecret(ctx, api.UpdateSecretRequest{Name: "db", EnvDict: api.EnvChanges{"C": ptr(resolve.NewValue(canary + "3"))}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"db", "api"} {
		if _, err := one(s, name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.RollbackSecret(ctx, api.RollbackRequest{Name: "api", Version: 1}); err != nil { // merges the reads
		t.Fatal(err)
	}
	return h
}

func (h house) raws() map[raw][]byte {
	h.Helper()
	all := map[raw][]byte{}
	h.edit(func(tx *bolt.Tx) error {
		return tx.ForEach(func(bucket []byte, b *bolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				all[raw{string(bucket), string(k)}] = append([]byte{}, v...)
				return nil
			})
		})
	})
	return all
}

func (h house) edit(fn func(*bolt.Tx) error) {
	h.Helper()
	db, err := bolt.Open(h.store(), 0o600, nil)
	if err != nil {
		h.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(fn); err != nil {
		h.Fatal(err)
	}
}

func (h house) put(r raw, v []byte) {
	h.edit(func(tx *bolt.Tx) error {
		if v == nil {
			return tx.Bucket([]byte(r.bucket)).Delete([]byte(r.key))
		}
		return tx.Bucket([]byte(r.bucket)).Put([]byte(r.key), v)
	})
}

// readAll makes every kind of read, and returns the errors.
func readAll(s *Service) error {
	ctx := context.Background()
	_, e1 := s.ListEnvironments(ctx)
	_, e2 := s.ListSecrets(ctx, api.ListRequest{})
	_, e3 := s.SecretVersions(ctx, api.SecretRequest{Name: "db"})
	_, e4 := s.SecretVersions(ctx, api.SecretRequest{Name: "api"})
	_, e5 := s.VerifyAudit(ctx)
	_, e6 := s.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db"}, {Name: "api"}}})
	return errors.Join(e1, e2, e3, e4, e5, e6)
}

// Every change of every record is found, and no value is in the error.
func TestTampering(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(nil)
	if err := readAll(s); err != nil {
		t.Fatal(err)
	}
	records := h.raws()
	kinds := map[string]int{}
	expect := func(r raw, how string) {
		t.Helper()
		err := readAll(s)
		if !errors.Is(err, resolve.ErrCorrupt) {
			t.Errorf("%s of %s: %v", how, r, err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s of %s: a value in %v", how, r, err)
		}
	}
	for r, v := range records {
		kinds[r.bucket]++
		for at := 0; at < len(v); at += 1 + len(v)/9 {
			flipped := append([]byte{}, v...)
			flipped[at] ^= 0x20
			h.put(r, flipped)
			expect(r, fmt.Sprint("flip of byte ", at))
		}
		h.put(r, v[:len(v)-1])
		expect(r, "cut by one")
		h.put(r, v[:0])
		expect(r, "emptied")
		h.put(r, append(append([]byte{}, v...), 0))
		expect(r, "longer by one")
		for o, w := range records { // each record in the place of each other one
			if o.bucket == r.bucket && o != r && string(w) != string(v) {
				h.put(r, w)
				expect(r, "replaced by "+o.String())
				break
			}
		}
		h.put(r, v)
	}
	if err := readAll(s); err != nil {
		t.Fatalf("after all was put back: %v", err)
	}
	for _, kind := range []string{"meta", "environments", "secrets", "used", "created", "audit"} {
		if kinds[kind] == 0 {
			t.Errorf("no record of kind %s", kind)
		}
	}
}

// A record that is sealed correctly, but belongs to another place or an earlier
// time.
func TestMovedRecords(t *testing.T) {
	h := sealedHouse(t)
	s := h.open(nil)
	before := h.raws()
	head := raw{"secrets", "main/db"}
	if _, err := s.UpdateSecret(context.Background(), api.UpdateSecretRequest{Name: "db", EnvDict: api.EnvChanges{"A": nil}}); err != nil {
		t.Fatal(err)
	}
	after := h.raws()
	corrupt := func(what string) {
		t.Helper()
		if err := readAll(s); !errors.Is(err, resolve.ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
	h.put(head, before[head])
	corrupt("an old head")
	h.put(head, after[head])
	// The last audit line is removed, with the earlier head of the chain.
	for r := range after {
		if _, was := before[r]; r.bucket == "audit" && !was {
			h.put(r, nil)
		}
	}
	corrupt("audit lines cut off")
	for r, v := range after {
		h.put(r, v)
	}
	index := raw{"created", ""}
	for r := range after {
		if r.bucket == "created" && strings.HasSuffix(r.key, "db") {
			index = r
		}
	}
	h.put(index, nil)
	h.put(raw{"created", index.key[:5] + "\x00" + index.key[6:]}, after[index])
	corrupt("an index entry of another time")
	h.put(raw{"created", index.key[:5] + "\x00" + index.key[6:]}, nil)
	h.put(index, after[index])
	h.put(raw{"created", index.key + "x"}, []byte{1})
	corrupt("an index entry without a secret")
	h.put(raw{"created", index.key + "x"}, nil)
	// A version of an earlier secret of the same name.
	old := raw{"secrets", "main/api/\x00\x00\x00\x00\x00\x00\x00\x01"}
	if err := s.DeleteSecret(context.Background(), api.DeleteRequest{Name: "api"}); err != nil {
		t.Fatal(err)
	}
	h.create(s, "api", "B", "new")
	h.put(old, after[old])
	corrupt("a version of an earlier life")
}

// A store that is cut at any length, emptied, or foreign is an error, and is not
// changed.
func TestDamagedFile(t *testing.T) {
	h := sealedHouse(t)
	whole, err := os.ReadFile(h.store())
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, content []byte) {
		t.Helper()
		if err := os.WriteFile(h.store(), content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, held := range []bool{false, true} {
			s := h.open(func(c *Config) { c.Held = held })
			err := readAll(s)
			_, werr := s.CreateSecret(context.Background(), api.CreateSecretRequest{Name: "new"})
			if !errors.Is(err, resolve.ErrCorrupt) || !errors.Is(werr, resolve.ErrCorrupt) {
				t.Errorf("%s, held %t: reading %v, writing %v", what, held, err, werr)
			}
			_ = s.Close()
		}
		if now, err := os.ReadFile(h.store()); err != nil || string(now) != string(content) {
			t.Errorf("%s: the file was touched", what)
		}
	}
	for _, n := range []int{0, 1, 15, 16, 79, 80, 4095, 4096, 8191, 8192, 12288, len(whole) / 2} {
		try(fmt.Sprint("cut to ", n), whole[:n])
	}
	try("foreign", []byte(strings.Repeat("SQLite format 3\x00", 1000)))
	zeros := append([]byte{}, whole...)
	clear(zeros[:8192])
	try("both metas zeroed", zeros)

	// Random bytes in the middle pages: no panic, and no value in the error.
	for at := 8192; at < len(whole); at += 4096 {
		bad := append([]byte{}, whole...)
		for i := range 64 {
			bad[at+i] ^= 0xff
		}
		if err := os.WriteFile(h.store(), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readAll(h.open(nil)); err != nil && (strings.Contains(err.Error(), canary) || !errors.Is(err, resolve.ErrCorrupt) && !errors.Is(err, resolve.ErrNotFound)) {
			t.Errorf("page at %d: %v", at, err)
		}
	}
}

func TestNewerFormat(t *testing.T) {
	h := sealedHouse(t)
	meta := raw{"meta", "store"}
	v := h.raws()[meta]
	v[0] = 2
	h.put(meta, v)
	_, err := one(h.open(nil), "db")
	if !errors.Is(err, resolve.ErrCorrupt) || !strings.Contains(err.Error(), "made by a newer squire: format 2; this one reads 1") {
		t.Fatal(err)
	}
}
