package gate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/service/internal/store/bolt"
)

// servers are gates on one store, each with a key file of its own and its keys
// in memory, as on one PostgreSQL.
func servers(t *testing.T, n int, wrap func(store.Store) store.Store) []*Gate {
	dir := t.TempDir()
	var gates []*Gate
	s, err := bolt.Config{Dir: filepath.Join(dir, "data"), Held: true}.Open(t.Context(), store.Options{
		Folders: []string{"reads"}, Init: func(tx store.Tx) error { return gates[0].InitStore(tx) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	var first store.Store = s
	if wrap != nil {
		first = wrap(s)
	}
	for i := range n {
		file := seal.File{Path: filepath.Join(dir, string(rune('a'+i)), "key"), LockTimeout: time.Minute}
		gates = append(gates, New(Config{Store: first, Keys: Keys{File: file}, ReadsDir: filepath.Join(dir, "data", "reads"), Held: true, LongLived: true, Trail: Stored}))
		t.Cleanup(func() {
			if err := gates[i].Close(); err != nil {
				t.Error(err)
			}
		})
		first = s
	}
	return gates
}

// give copies the key file of one server to another, as an operator does.
func give(t *testing.T, from, to *Gate) {
	t.Helper()
	b, err := os.ReadFile(from.Keys.File.Path)
	path := to.Keys.File.Path
	err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path+".new", b, 0o600), os.Rename(path+".new", path))
	if err != nil {
		t.Fatal(err)
	}
}

func get(g *Gate, name string) error {
	return g.Read(context.Background(), owner, []Access{{Resolve, "main", name}}, func(r *Records) error {
		s, err := r.Secret("main", name)
		if err == nil {
			_, err = r.Version(s, 0)
		}
		return err
	})
}

func metaKeys(t *testing.T, g *Gate) (ids []string) {
	t.Helper()
	err := g.Store.View(context.Background(), func(tx store.Tx) error {
		m, err := g.readMeta(tx)
		for _, id := range m.keys {
			ids = append(ids, id.String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// Several servers rotate one after the other, and can read what the others write
// meanwhile.
func TestServersRotate(t *testing.T) {
	ctx := context.Background()
	g := servers(t, 2, nil)
	a, b := g[0], g[1]
	if err := create(a, owner, "one"); err != nil {
		t.Fatal(err)
	}
	give(t, a, b)
	if err := errors.Join(get(a, "one"), get(b, "one")); err != nil { // both have their keys in memory
		t.Fatal(err)
	}
	old := metaKeys(t, a)
	added, err := a.RotateKey(ctx, owner, true, false)
	if err != nil {
		t.Fatal(err)
	}
	next, _ := added.Ring.Next()
	give(t, a, b)
	first, err := a.RotateKey(ctx, owner, false, false)
	if err != nil || first.Ring.Active().ID() != next || first.Rewrapped == 0 {
		t.Fatal(first, err)
	}
	if got := metaKeys(t, a); !slices.Equal(got, []string{next.String()}) {
		t.Fatal(got)
	}
	// b needs a key that only its file has, and keeps writing with the old key,
	// which becomes one of the store's again.
	if err := errors.Join(get(b, "one"), create(b, owner, "two"), get(a, "two")); err != nil {
		t.Fatal(err)
	}
	if got := metaKeys(t, a); !slices.Equal(got, []string{next.String(), old[0]}) {
		t.Fatal(got)
	}
	second, err := b.RotateKey(ctx, owner, false, true)
	if err != nil || second.Ring.Active().ID() != next || second.Rewrapped == 0 || len(second.Ring.IDs()) != 1 {
		t.Fatal(second, err)
	}
	last, err := a.RotateKey(ctx, owner, false, true) // only dropping the old key is left
	if err != nil || last.Rewrapped != 0 || !slices.Equal(last.Ring.IDs(), []string{next.String()}) {
		t.Fatal(last, err)
	}
	if got := metaKeys(t, a); !slices.Equal(got, []string{next.String()}) {
		t.Fatal(got)
	}
	if err := errors.Join(get(a, "one"), get(a, "two"), get(b, "one"), get(b, "two")); err != nil {
		t.Fatal(err)
	}
}

// A server that does not have the new key says so, and works again once it has.
func TestServerWithoutTheKey(t *testing.T) {
	ctx := context.Background()
	g := servers(t, 2, nil)
	a, b := g[0], g[1]
	if err := create(a, owner, "one"); err != nil {
		t.Fatal(err)
	}
	give(t, a, b)
	if err := get(b, "one"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.RotateKey(ctx, owner, false, false); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := get(b, "one"); !errors.Is(err, resolve.ErrNoKey) || !strings.Contains(err.Error(), b.Keys.File.Path) {
			t.Fatal(err)
		}
	}
	if err := errors.Join(create(b, owner, "two")); !errors.Is(err, resolve.ErrNoKey) {
		t.Fatal(err)
	}
	give(t, a, b)
	if err := errors.Join(get(b, "one"), create(b, owner, "two"), get(a, "two")); err != nil {
		t.Fatal(err)
	}
}

// busyStore writes under another key before each search of the whole store.
type busyStore struct {
	store.Store
	before func()
	on     atomic.Bool
}

func (b *busyStore) View(ctx context.Context, fn func(store.Tx) error) error {
	err := b.Store.View(ctx, fn)
	if b.on.Load() {
		b.before()
	}
	return err
}

// While another server keeps writing with the old key, a rotation cannot end. The
// error says so, and nothing is lost.
func TestEndlessOldWriters(t *testing.T) {
	ctx := context.Background()
	busy := &busyStore{}
	g := servers(t, 2, func(s store.Store) store.Store { busy.Store = s; return busy })
	a, b := g[0], g[1]
	if err := create(a, owner, "one"); err != nil {
		t.Fatal(err)
	}
	give(t, a, b)
	n := 0
	busy.before = func() {
		n++
		if err := create(b, owner, "late"+string(rune('a'+n/26))+string(rune('a'+n%26))); err != nil {
			t.Error(err)
		}
	}
	if _, err := a.RotateKey(ctx, owner, true, false); err != nil {
		t.Fatal(err)
	}
	give(t, a, b)
	busy.on.Store(true)
	if _, err := a.RotateKey(ctx, owner, false, false); !errors.Is(err, resolve.ErrBusy) || resolve.Hint(err) == "" {
		t.Fatal(err)
	}
	busy.on.Store(false)
	if len(metaKeys(t, a)) != 2 || n == 0 {
		t.Fatal(metaKeys(t, a), n)
	}
	done, err := a.RotateKey(ctx, owner, false, true)
	if err != nil || len(done.Ring.IDs()) != 1 || len(metaKeys(t, a)) != 1 {
		t.Fatal(done, err)
	}
	if err := errors.Join(get(a, "one"), get(a, "lateab")); err != nil {
		t.Fatal(err)
	}
}
