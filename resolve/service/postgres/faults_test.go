//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/service/postgres/pgtest"
)

func put(tx store.Tx) error { return tx.Put("b", "k", []byte{1}) }

func get(tx store.Tx) error { _, err := tx.Get("b", "k"); return err }

// canary is a password that must not appear anywhere.
const canary = "c4nary-passw0rd"

func (w *warnings) warn(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, s)
}

type warnings struct {
	mu  sync.Mutex
	all []string
}

func (w *warnings) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.all, "\n")
}

func refuses(t *testing.T, err, want error, text string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, want %v with %q", err, want, text)
	}
	if s := fmt.Sprintf("%v %+v %s", err, err, resolve.Hint(err)); strings.Contains(s, canary) {
		t.Error("the password is in", s)
	}
}

// An invalid URL is refused in one line that does not quote it.
func TestBadURL(t *testing.T) {
	for _, bad := range []string{
		"", "host=db password=" + canary, "http://u:" + canary + "@h/d", "postgres://u:" + canary + "@h:port/d", "postgres://u:" + canary + "%zz@h/d",
		"postgres://u:" + canary + "@h/d?sslmode=perhaps", "postgres://u:" + canary + "@h/d?connect_timeout=soon", "postgres://u:" + canary + "@h/d?pool_max_conns=many",
		"postgres://u:" + canary + "@h/d?sslrootcert=/none", "postgres://u:" + canary + "@[h/d",
	} {
		_, err := open(t.Context(), Config{URL: bad}, store.Options{})
		refuses(t, err, resolve.ErrInvalid, "database URL")
		if resolve.Hint(err) == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v (hint %q)", err, resolve.Hint(err))
		}
	}
}

func TestLocation(t *testing.T) {
	for in, want := range map[string]string{
		"postgres://u:" + canary + "@db.example/squire?sslmode=require":  "postgres://db.example:5432/squire",
		"postgresql://[::1]:6000/a%20b":                                  "postgres://[::1]:6000/a%20b",
		"postgres:///x?host=/run/postgresql&user=u&password=" + canary:   "postgres:///x?host=/run/postgresql&port=5432",
		"postgres://one.example,two.example/x?target_session_attrs=any":  "postgres://one.example:5432/x",
		"postgres://u@db.example:5433/squire?application_name=" + canary: "postgres://db.example:5433/squire",
	} {
		pc, err := parse(in, time.Second)
		if err != nil {
			t.Fatal(in, err)
		}
		if got := locationOf(pc.ConnConfig); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// If nothing listens, or nothing answers, the error comes within the caller's
// timeout.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it accepts connections and does not answer
	silent := l.Addr().String()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	_, err = open(t.Context(), Config{URL: "postgres://u:" + canary + "@" + gone.Addr().String() + "/d"}, store.Options{})
	refuses(t, err, resolve.ErrUnavailable, "connection refused")
	if resolve.Hint(err) == "" {
		t.Error("no hint")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = open(ctx, Config{URL: "postgres://u:" + canary + "@" + silent + "/d"}, store.Options{})
	refuses(t, err, context.DeadlineExceeded, "did not answer in time")
	refuses(t, err, resolve.ErrUnavailable, "postgres://"+silent+"/d")
	_, err = open(t.Context(), Config{URL: "postgres://u:" + canary + "@" + gone.Addr().String() + "/d", Wait: 50 * time.Millisecond}, store.Options{})
	refuses(t, err, resolve.ErrUnavailable, "connection refused")
}

// An error of the server has a hint.
func TestRefused(t *testing.T) {
	good := shared.Database(t)
	with := func(change func(url.Values, *url.URL)) string {
		u, err := url.Parse(good)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("password", canary)
		change(q, u)
		u.RawQuery = q.Encode()
		return u.String()
	}
	_, err := open(t.Context(), Config{URL: with(func(_ url.Values, u *url.URL) { u.Path = "/nowhere" })}, store.Options{})
	refuses(t, err, resolve.ErrUnavailable, "3D000")
	_, err = open(t.Context(), Config{URL: with(func(q url.Values, _ *url.URL) { q.Set("user", "nobody-there") })}, store.Options{})
	refuses(t, err, resolve.ErrUnavailable, "28000")
	weak := role(t, good)
	_, err = open(t.Context(), Config{URL: with(func(q url.Values, _ *url.URL) { q.Set("user", weak) })}, store.Options{})
	refuses(t, err, resolve.ErrUnavailable, "permission denied")
	if !strings.Contains(resolve.Hint(err), "GRANT CREATE") {
		t.Error(resolve.Hint(err))
	}
	newStore(t, good, store.Options{})
	readOnly := with(func(q url.Values, _ *url.URL) { q.Set("default_transaction_read_only", "on") })
	s := newStore(t, readOnly, store.Options{})
	err = s.Update(t.Context(), put)
	refuses(t, err, resolve.ErrUnavailable, "25006")
	if !strings.Contains(resolve.Hint(err), "primary") {
		t.Error(resolve.Hint(err))
	}
	shared.Exec(t, good, "insert into squire.goose_db_version (version_id, is_applied) values (1000, true)")
	_, err = open(t.Context(), Config{URL: good}, store.Options{})
	refuses(t, err, resolve.ErrUnavailable, "1000")
}

// Servers that start together create one schema.
func TestMigrateTogether(t *testing.T) {
	url := shared.Database(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := open(t.Context(), Config{URL: url}, store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(s.Update(t.Context(), put), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := shared.Query(t, url, "select count(*)::text from squire.goose_db_version"); n[0] != "2" {
		t.Error(n)
	}
	if c := shared.Query(t, url, "select obj_description('squire'::regnamespace)"); !strings.Contains(c[0], "squired") {
		t.Error(c)
	}
	names, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for i, name := range names { // migrate relies on it
		if !strings.HasPrefix(filepath.Base(name), fmt.Sprintf("%05d_", i+1)) {
			t.Error(name)
		}
	}
}

// The error of a writer that waits too long names the holder of the store, with
// its own timeout and with the caller's.
func TestBusy(t *testing.T) {
	url := shared.Database(t)
	holder := newStore(t, url, store.Options{})
	b := newStore(t, url, store.Options{LockTimeout: 100 * time.Millisecond})
	unlimited := newStore(t, url, store.Options{LockTimeout: time.Hour})
	holding, leave, done := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		done <- holder.Update(context.Background(), func(tx store.Tx) error { holding <- true; <-leave; return put(tx) })
	}()
	<-holding
	err := b.Update(t.Context(), put)
	refuses(t, err, resolve.ErrBusy, fmt.Sprintf("/%d, process ", os.Getpid()))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = unlimited.Update(ctx, put)
	refuses(t, err, resolve.ErrBusy, fmt.Sprintf("/%d, process ", os.Getpid()))
	refuses(t, err, context.DeadlineExceeded, "")
	if resolve.Hint(err) == "" {
		t.Error("no hint")
	}
	if err := b.View(t.Context(), get); !errors.Is(err, store.ErrAbsent) {
		t.Error("a reader waited:", err)
	}
	close(leave)
	if err := errors.Join(<-done, b.Update(t.Context(), put), unlimited.Update(t.Context(), put)); err != nil {
		t.Error(err)
	}
}

// A server that hangs in a transaction is ended by PostgreSQL.
func TestHangs(t *testing.T) {
	url := shared.Database(t)
	hung := newStore(t, url, store.Options{LockTimeout: 200 * time.Millisecond})
	other := newStore(t, url, store.Options{})
	holding, leave, done := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		done <- hung.Update(context.Background(), func(tx store.Tx) error { holding <- true; <-leave; return get(tx) })
	}()
	<-holding
	if err := other.Update(t.Context(), put); err != nil {
		t.Error(err)
	}
	close(leave)
	refuses(t, <-done, resolve.ErrUnavailable, "")
	if err := hung.Update(t.Context(), put); err != nil {
		t.Error(err)
	}
}

// A store that has disappeared is not an empty store.
func TestGone(t *testing.T) {
	url := shared.Database(t)
	s := newStore(t, url, store.Options{})
	if err := s.Update(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	shared.Exec(t, url, "truncate squire.store, squire.records")
	for _, do := range []func(context.Context, func(store.Tx) error) error{s.View, s.Update} {
		refuses(t, do(t.Context(), get), resolve.ErrCorrupt, "has none now")
	}
	shared.Exec(t, url, "drop table squire.records cascade; insert into squire.store default values")
	refuses(t, s.View(t.Context(), get), resolve.ErrCorrupt, "42P01")
	refuses(t, s.Update(t.Context(), put), resolve.ErrCorrupt, "42P01")
}

// While PostgreSQL is down the errors are clear, and afterwards no acknowledged
// write is lost, after a stop and after a kill.
func TestGoneAndBack(t *testing.T) {
	server := pgtest.New(t)
	url := server.Database(t)
	w := &warnings{}
	s := newStore(t, url+"&password="+canary, store.Options{Warn: w.warn})
	heard := make(chan []string, 100)
	s.Listen(func(topics []string) { heard <- topics })
	if topics := <-heard; topics != nil {
		t.Fatal(topics)
	}
	for i, end := range []func(testing.TB){server.Stop, server.Kill} {
		// Several connections, which will all be dead.
		var wg sync.WaitGroup
		for j := range 8 {
			wg.Go(func() {
				err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("b", fmt.Sprint(i, j), []byte{1}) })
				if err := errors.Join(err, s.View(t.Context(), get)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		err := s.Update(t.Context(), func(tx store.Tx) error { end(t); return put(tx) })
		refuses(t, err, resolve.ErrUnavailable, "")
		for _, do := range []func(context.Context, func(store.Tx) error) error{s.View, s.Update} {
			err := do(t.Context(), get)
			refuses(t, err, resolve.ErrUnavailable, "no connection to postgres:///")
			if resolve.Hint(err) == "" {
				t.Error("no hint")
			}
		}
		server.Start(t)
		for j := range 8 {
			err := s.View(t.Context(), func(tx store.Tx) error {
				v, err := tx.Get("b", fmt.Sprint(i, j))
				if err == nil && v == nil {
					err = errors.New("an acknowledged write is lost")
				}
				return err
			})
			if err := errors.Join(err, s.Update(t.Context(), put)); err != nil {
				t.Error(err)
			}
		}
		if topics := <-heard; topics != nil { // a gap
			t.Error(topics)
		}
	}
	if said := w.String(); strings.Contains(said, canary) || !strings.Contains(said, "not notified of changes") {
		t.Errorf("warned of %q", said)
	}
}
