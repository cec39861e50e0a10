package gate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/service/internal/store/bolt"
)

func newGate(t *testing.T, wrap func(store.Store) store.Store) *Gate {
	t.Helper()
	return gateOf(t, Config{}, wrap)
}

// gateOf is a gate on a new store, which is held unless the trail is Loose.
func gateOf(t *testing.T, c Config, wrap func(store.Store) store.Store) *Gate {
	dir := filepath.Join(t.TempDir(), "data")
	var g *Gate
	s, err := bolt.Config{Dir: dir, Held: c.Held || c.Trail != Loose}.Open(t.Context(), store.Options{
		Folders: []string{"reads"}, Init: func(tx store.Tx) error { return g.InitStore(tx) }})
	if err != nil {
		t.Fatal(err)
	}
	var st store.Store = s
	if wrap != nil {
		st = wrap(s)
	}
	c.Store, c.Keys, c.ReadsDir = st, Keys{Given: seal.RingOf(seal.NewKey())}, filepath.Join(dir, "reads")
	if c.TestAfter == nil { // no merge in the background
		c.TestAfter = func(time.Duration) <-chan time.Time { return nil }
	}
	g = New(c)
	t.Cleanup(func() {
		if err := errors.Join(g.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	})
	return g
}

var owner = Owner("owner")

func create(g *Gate, caller Caller, name string) error {
	return g.Write(context.Background(), caller, []Access{{Create, "main", name}}, func(r *Records) error {
		_, err := r.NewSecret("main", name, map[string]resolve.Value{"A": resolve.NewValue("canary")})
		return err
	})
}

// A forbidden secret looks like one that does not exist; the access is audited.
func TestForbiddenLooksUnknown(t *testing.T) {
	g := newGate(t, nil)
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	guest := Caller{Name: "guest", Scope: api.Scope{Role: api.RoleResolveOnly, Environments: []string{"main"}, Names: []string{"other"}}}
	reader := Caller{Name: "auditor", Scope: api.Scope{Role: api.RoleReader, Environments: []string{"main"}, Names: []string{"db"}}}
	read := func(caller Caller, name string) error {
		return g.Read(context.Background(), caller, []Access{{Resolve, "main", name}}, func(r *Records) error {
			_, err := r.Secret("main", name)
			return err
		})
	}
	forbidden, unknown := read(guest, "db"), read(guest, "other")
	if !errors.Is(forbidden, resolve.ErrNotFound) || errors.Is(forbidden, resolve.ErrDenied) ||
		strings.ReplaceAll(forbidden.Error(), "db", "other") != unknown.Error() {
		t.Fatalf("%v and %v", forbidden, unknown)
	}
	if err := create(g, reader, "db"); !errors.Is(err, resolve.ErrDenied) {
		t.Fatal(err)
	}
	if err := create(g, guest, "new"); !errors.Is(err, resolve.ErrDenied) {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	if err := create(g, owner, "merge"); err != nil {
		t.Fatal(err)
	}
	if _, err := g.walk(context.Background(), func(e audit.Entry) { outcomes[e.Caller+" "+e.Action+" "+e.Outcome]++ }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"guest resolve denied", "guest resolve not_found", "auditor create denied", "guest create denied", "owner create ok"} {
		if outcomes[want] == 0 {
			t.Errorf("no line %q in %v", want, outcomes)
		}
	}
}

// A function finds nothing that its accesses do not name.
func TestUnannounced(t *testing.T) {
	g := newGate(t, nil)
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	err := g.Read(context.Background(), owner, []Access{{Resolve, "main", "other"}}, func(r *Records) error {
		if _, err := r.Secret("main", "db"); !errors.Is(err, resolve.ErrNotFound) {
			t.Error("Secret", err)
		}
		if err := r.List("main", nil, nil); !errors.Is(err, resolve.ErrNotFound) {
			t.Error("List", err)
		}
		if err := r.RemoveEnvironment("main"); !errors.Is(err, resolve.ErrNotFound) {
			t.Error("RemoveEnvironment", err)
		}
		if err := r.Remove(Secret{Environment: "main", Name: "db"}); !errors.Is(err, resolve.ErrNotFound) {
			t.Error("Remove", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sick is a store whose disk fails at the nth operation of a transaction.
type sick struct {
	store.Store
	at *int
}

type sickTx struct {
	store.Tx
	left int
}

func (s sick) View(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.View(ctx, func(tx store.Tx) error { return fn(&sickTx{tx, *s.at}) })
}

func (s sick) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(&sickTx{tx, *s.at}) })
}

func (t *sickTx) step() error {
	if t.left--; t.left == 0 {
		return errors.Join(resolve.ErrUnavailable, syscall.EIO)
	}
	return nil
}

func (t *sickTx) Get(b, k string) ([]byte, error) {
	if err := t.step(); err != nil {
		return nil, err
	}
	return t.Tx.Get(b, k)
}

func (t *sickTx) Put(b, k string, v []byte) error {
	if err := t.step(); err != nil {
		return err
	}
	return t.Tx.Put(b, k, v)
}

func (t *sickTx) Delete(b, k string) error {
	if err := t.step(); err != nil {
		return err
	}
	return t.Tx.Delete(b, k)
}

func (t *sickTx) Scan(b string, r store.Range, fn func(string, []byte) (bool, error)) error {
	if err := t.step(); err != nil {
		return err
	}
	return t.Tx.Scan(b, r, fn)
}

// Wherever the disk fails, the error says so, and the call has changed nothing.
func TestSickStore(t *testing.T) {
	at := 0
	g := newGate(t, func(s store.Store) store.Store { return sick{s, &at} })
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	there := func(name string) bool {
		at = 0
		err := g.Read(context.Background(), owner, []Access{{Info, "main", name}}, func(r *Records) error { _, err := r.Secret("main", name); return err })
		if err != nil && !errors.Is(err, resolve.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	for n := 1; ; n++ {
		at = n
		err := create(g, owner, "new")
		if err == nil {
			if n < 8 {
				t.Fatalf("only %d steps", n)
			}
			break
		}
		if !errors.Is(err, syscall.EIO) || strings.Contains(err.Error(), "canary") {
			t.Fatalf("step %d: %v", n, err)
		}
		if there("new") {
			t.Fatalf("step %d: a failed create has left its secret", n)
		}
		if err := create(g, owner, fmt.Sprint("merge", n)); err != nil { // else the next write has one step more
			t.Fatal(err)
		}
	}
	for n := 1; ; n++ {
		at = n
		err := g.Read(context.Background(), owner, []Access{{Resolve, "main", "db"}}, func(r *Records) error {
			s, err := r.Secret("main", "db")
			if err == nil {
				_, err = r.Version(s, 0)
			}
			return err
		})
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EIO) {
			t.Fatalf("step %d: %v", n, err)
		}
	}
	at = 0
	if _, err := g.walk(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
}

// The error of a denied action says in words what it is.
func TestEachActionIsSaidPlainly(t *testing.T) {
	for _, a := range actions {
		if a.text == "" || strings.Contains(a.text, "_") {
			t.Errorf("%s: %q", a.action, a.text)
		}
	}
}
