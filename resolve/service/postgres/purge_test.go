//go:build unix

package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

func remove(tx store.Tx) error { return tx.Delete("b", "k") }

// role creates a role that may only log in. Its name has that of the database,
// because all databases share the roles.
func role(t *testing.T, url string) string {
	t.Helper()
	name := "role_" + shared.Query(t, url, "select current_database()::text")[0]
	shared.Exec(t, url, "create role "+name+" login")
	return name
}

func vacuums(t *testing.T, url string) string {
	t.Helper()
	return shared.Query(t, url, "select vacuum_count::text from pg_stat_all_tables where relid = 'squire.records'::regclass")[0]
}

func notes(t *testing.T, url string) []string {
	t.Helper()
	return shared.Query(t, url, "select xact::text from squire.unpurged")
}

// Deleted rows are out of the table when Update has returned; without deleted rows
// there is no VACUUM.
func TestPurge(t *testing.T) {
	url := shared.Database(t)
	s := newStore(t, url, store.Options{})
	if err := s.Update(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Delete("b", "none") }); err != nil {
		t.Fatal(err)
	}
	if n := vacuums(t, url); n != "0" {
		t.Error("a VACUUM for nothing", n)
	}
	if err := s.Update(t.Context(), remove); err != nil {
		t.Fatal(err)
	}
	if n, left := vacuums(t, url), notes(t, url); n != "1" || len(left) != 0 {
		t.Error(n, left)
	}
	// The only row is gone: the file is truncated to 0 bytes.
	if size := shared.Query(t, url, "select pg_relation_size('squire.records')::text"); size[0] != "0" {
		t.Error(size, "bytes")
	}
}

// While a reader can see deleted rows, they remain: the call waits for the reader,
// and the error says so if that takes too long.
func TestPurgeWaitsForReaders(t *testing.T) {
	url := shared.Database(t)
	s := newStore(t, url, store.Options{LockTimeout: 100 * time.Millisecond})
	if err := s.Update(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	for _, long := range []bool{true, false} {
		if err := s.Update(t.Context(), put); err != nil {
			t.Fatal(err)
		}
		reading, leave, read := make(chan bool), make(chan bool), make(chan error, 1)
		go func() {
			read <- s.View(context.Background(), func(tx store.Tx) error { err := get(tx); reading <- true; <-leave; return err })
		}()
		<-reading
		if long {
			err := s.Update(t.Context(), remove)
			refuses(t, err, resolve.ErrBusy, "deleted, but")
			if !strings.Contains(err.Error(), "process ") || len(notes(t, url)) != 1 {
				t.Error(err, notes(t, url))
			}
			if err := s.Update(t.Context(), put); err != nil {
				t.Error("another call has nothing to do with it:", err)
			}
		}
		close(leave)
		if err := <-read; err != nil {
			t.Error(err)
		}
	}
	if err := s.Update(t.Context(), remove); err != nil {
		t.Error(err)
	}
	if left := notes(t, url); len(left) != 0 {
		t.Error("notes", left)
	}
}

// After a crash, a later write starts the purge again.
func TestPurgeAfterCrash(t *testing.T) {
	url := shared.Database(t)
	crash := errors.New("crash")
	first := newStore(t, url, store.Options{TestStep: func(step string) error {
		if step == "purge" {
			return crash
		}
		return nil
	}})
	if err := first.Update(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	refuses(t, first.Update(t.Context(), remove), crash, "deleted, but")
	if len(notes(t, url)) != 1 {
		t.Fatal(notes(t, url))
	}
	second := newStore(t, url, store.Options{})
	if err := second.Update(t.Context(), put); err != nil { // too early: the other purge may still be running
		t.Fatal(err)
	}
	if len(notes(t, url)) != 1 {
		t.Error("taken from who may be at work")
	}
	shared.Exec(t, url, "update squire.unpurged set at = at - interval '1 minute'")
	shared.Exec(t, url, "insert into squire.unpurged values ('1000000000000', '2020-01-01')") // of a restored dump
	if err := second.Update(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	second.background.Wait()
	if left, n := notes(t, url), vacuums(t, url); len(left) != 0 || n != "1" {
		t.Error(left, n)
	}
}

// A VACUUM that only warns, and does nothing, is an error.
func TestPurgeByAnother(t *testing.T) {
	url := shared.Database(t)
	newStore(t, url, store.Options{})
	clerk := role(t, url)
	shared.Exec(t, url, "grant all on schema squire to "+clerk+"; grant all on all tables in schema squire to "+clerk)
	s := newStore(t, strings.Replace(url, "user=postgres", "user="+clerk, 1), store.Options{})
	if err := s.Update(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	err := s.Update(t.Context(), remove)
	refuses(t, err, resolve.ErrUnavailable, "deleted, but")
	if len(notes(t, url)) != 1 {
		t.Error("no note")
	}
}

// A list that is too long is split, and a topic that is too long becomes "*".
func TestPayloads(t *testing.T) {
	long := strings.Repeat("x", 3000)
	got := payloads([]string{long + "1", long + "2", long + "3", "4"})
	if len(got) != 2 || len(got[0]) > 7999 {
		t.Fatal(len(got))
	}
	if topics := append(topicsOf(got[0]), topicsOf(got[1])...); !slices.Equal(topics, []string{long + "1", long + "2", long + "3", "4"}) {
		t.Error("not the same")
	}
	for _, all := range [][]string{{"a", strings.Repeat("x", 8000)}, {"\xff"}} {
		if got := payloads(all); !slices.Equal(got, []string{anything}) || topicsOf(got[0]) != nil {
			t.Error(got)
		}
	}
	for _, foreign := range []string{"", "[", "{}", "5", `[""]`, "[1]"} {
		if topics := topicsOf(foreign); topics != nil {
			t.Errorf("%q: %q", foreign, topics)
		}
	}
	if got := payloads(nil); got != nil {
		t.Error(got)
	}
}

// The listener connects again when its connection ends, and reports that anything
// may have changed; it checks a connection that is quiet for long.
func TestListenGap(t *testing.T) {
	url := shared.Database(t)
	w := &warnings{}
	s := newStore(t, url, store.Options{Warn: w.warn})
	s.silence = 10 * time.Millisecond
	heard := make(chan []string, 10)
	s.Listen(func(topics []string) { heard <- topics })
	<-heard
	for range 3 {
		shared.Exec(t, url, "select pg_terminate_backend(pid) from pg_stat_activity where (query like 'listen%' or query = 'select 1') and pid <> pg_backend_pid()")
		if topics := <-heard; topics != nil {
			t.Error(topics)
		}
		if err := s.Update(t.Context(), func(tx store.Tx) error { tx.Notify("t"); return put(tx) }); err != nil {
			t.Error(err)
		}
		if topics := <-heard; !slices.Equal(topics, []string{"t"}) {
			t.Error(topics)
		}
	}
}

// If the session ends during the commit, the error says that the outcome is not
// known; if it ends before, the error is an ErrUnavailable.
func TestUnknownOutcome(t *testing.T) {
	url := shared.Database(t)
	end := false
	s := newStore(t, url, store.Options{TestStep: func(step string) error {
		if step == "commit" && end {
			shared.Exec(t, url, "select pg_terminate_backend(pid, 10000) from pg_locks where relation = 'squire.store'::regclass and mode = 'ExclusiveLock' and granted")
		}
		return nil
	}})
	if err := s.Update(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	shared.Exec(t, url, `create function hang_up() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
		create constraint trigger hang_up after update on squire.records deferrable initially deferred for each row execute function hang_up()`)
	err := s.Update(t.Context(), put)
	refuses(t, err, resolve.ErrUnavailable, "it is not known whether")
	if resolve.Hint(err) == "" {
		t.Error("no hint")
	}
	shared.Exec(t, url, "drop trigger hang_up on squire.records")
	end = true
	refuses(t, s.Update(t.Context(), put), resolve.ErrUnavailable, "")
	end = false
	if err := s.Update(t.Context(), put); err != nil {
		t.Error(err)
	}
}
