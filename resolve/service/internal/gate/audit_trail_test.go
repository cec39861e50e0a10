package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/service/internal/store/bolt"
)

// use resolves a secret, and returns its value.
func (g *Gate) use(name string) (dict map[string]resolve.Value, err error) {
	err = g.Read(context.Background(), owner, []Access{{Resolve, "main", name}}, func(r *Records) error {
		s, err := r.Secret("main", name)
		if err != nil {
			return err
		}
		v, err := r.Version(s, 0)
		if err == nil {
			dict = v.Dict
		}
		return err
	})
	return dict, err
}

// reopened is the gate of a later process on the same store.
func (g *Gate) reopened(t *testing.T, c Config) *Gate {
	t.Helper()
	if err := errors.Join(g.Close(), g.Store.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Config{Dir: filepath.Dir(g.ReadsDir), Held: true}.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Store, c.Keys, c.ReadsDir = s, g.Keys, g.ReadsDir
	again := New(c)
	t.Cleanup(func() { _ = errors.Join(again.Close(), s.Close()) })
	return again
}

// until polls for an effect of the background work, which sends no event.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// A read that cannot be audited is refused, for every caller. Changes still
// work, and so do reads once the disk works again.
func TestReadsFailClosed(t *testing.T) {
	var sick atomic.Bool
	g := gateOf(t, Config{Trail: Journaled, TestSync: func(*os.File) error {
		if sick.Load() {
			return &os.PathError{Op: "fdatasync", Path: "1.log", Err: syscall.EIO}
		}
		return nil
	}}, nil)
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	if _, err := g.use("db"); err != nil {
		t.Fatal(err)
	}
	used := g.lastUsed(t, "db")
	sick.Store(true)
	for _, name := range []string{"db", "gone"} {
		if _, err := g.use(name); !errors.Is(err, resolve.ErrUnavailable) || !errors.Is(err, syscall.EIO) || errors.Is(err, resolve.ErrNotFound) ||
			!strings.Contains(err.Error(), "cannot be audited") || strings.Contains(err.Error(), "canary") {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if err := create(g, owner, "other"); err != nil {
		t.Fatal(err)
	}
	sick.Store(false)
	if now := g.lastUsed(t, "db"); !now.Equal(used) {
		t.Fatal("a refused read counts as a use:", now)
	}
	if v, err := g.use("db"); err != nil || v["A"].Reveal() != "canary" {
		t.Fatal(v, err)
	}
	if err := g.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if seen := g.lines(t); seen["resolve"] != 2 || seen["create"] != 2 || seen["unreadable"] != 0 {
		t.Fatal(seen)
	}
}

// All reads are merged some time after the first; no file is left, also not by
// Close.
func TestBackgroundFold(t *testing.T) {
	ticks := make(chan time.Time)
	var timers atomic.Int64
	g := gateOf(t, Config{Trail: Journaled, TestAfter: func(time.Duration) <-chan time.Time { timers.Add(1); return ticks }}, nil)
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	for round := 1; round <= 3; round++ {
		for range 5 {
			if _, err := g.use("db"); err != nil {
				t.Fatal(err)
			}
		}
		used := g.lastUsed(t, "db")
		until(t, "no clock was set", func() bool { return timers.Load() > 0 })
		ticks <- time.Time{}
		until(t, "not merged", func() bool { return g.lines(t)["resolve"] == 5*round })
		if now := g.lastUsed(t, "db"); !now.Equal(used) || now.IsZero() {
			t.Fatalf("last used %v, %v before it was merged", now, used)
		}
	}
	if err := create(g, owner, "x"); err != nil { // does not merge
		t.Fatal(err)
	}
	if n := g.lines(t)["info"]; n != 5 && n != 6 {
		t.Fatalf("%d infos are chained; the last was not part of a merge", n)
	}
	again := g.reopened(t, Config{Trail: Journaled})
	if left, err := os.ReadDir(g.ReadsDir); err != nil || len(left) > 0 {
		t.Fatal(left, err)
	}
	if seen := again.lines(t); seen["resolve"] != 15 || seen["info"] != 6 {
		t.Fatal(seen)
	}
}

// Files that an earlier process left are merged at the start, once.
func TestStartFoldsWhatIsLeft(t *testing.T) {
	g := gateOf(t, Config{Trail: Journaled}, nil)
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	first, at := g.first(t), g.Now().UTC().Round(0)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	for k := range uint64(3) {
		g.writeLog(t, first+k, line(at, "resolve", "db"), line(at, "delete", "db"))
	}
	again := g.reopened(t, Config{Trail: Journaled})
	again.Start()
	until(t, "not merged", func() bool { return again.lines(t)["resolve"] == 3 })
	if used := again.lastUsed(t, "db"); !used.Equal(at) {
		t.Fatal(used)
	}
	if err := again.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if seen := again.lines(t); seen["resolve"] != 3 || seen["unreadable"] != 3 || seen["delete"] != 0 {
		t.Fatal(seen)
	}
}

// bounded counts the records that one transaction puts.
type bounded struct {
	store.Store
	most *atomic.Int64
}

type boundedTx struct {
	store.Tx
	used int64
	most *atomic.Int64
}

func (b bounded) Update(ctx context.Context, fn func(store.Tx) error) error {
	return b.Store.Update(ctx, func(tx store.Tx) error { return fn(&boundedTx{tx, 0, b.most}) })
}

func (b *boundedTx) Put(bucket, key string, v []byte) error {
	if bucket == usedBucket {
		b.used++
		b.most.Store(max(b.most.Load(), b.used))
	}
	return b.Tx.Put(bucket, key, v)
}

// The times of last use of many secrets are stored in several transactions.
func TestManyUses(t *testing.T) {
	var most atomic.Int64
	g := gateOf(t, Config{Trail: Journaled, TestSync: func(*os.File) error { return nil }}, func(s store.Store) store.Store { return bounded{s, &most} })
	const many = 2*maxUses + 1
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			if err := create(g, owner, fmt.Sprint("s", i)); err != nil {
				t.Error(err)
			}
			if _, err := g.use(fmt.Sprint("s", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	again := g.reopened(t, Config{Trail: Journaled})
	for i := range many {
		if again.lastUsed(t, fmt.Sprint("s", i)).IsZero() {
			t.Fatalf("the use of %d is lost", i)
		}
	}
	if n := most.Load(); n == 0 || n > maxUses {
		t.Fatalf("%d in one transaction", n)
	}
}

// Several servers on one store: each line is in the chain before its answer, and
// a use on one server is visible on the other later.
func TestStored(t *testing.T) {
	a := gateOf(t, Config{Trail: Stored}, nil)
	b := New(Config{Trail: Stored, Store: a.Store, Keys: a.Keys})
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := create(a, owner, "db"); err != nil {
		t.Fatal(err)
	}
	const readers, each = 16, 5
	var wg sync.WaitGroup
	for i := range readers {
		g := []*Gate{a, b}[i%2]
		wg.Go(func() {
			for k := range each {
				if _, err := g.use("db"); err != nil {
					t.Error(err)
				}
				if err := create(g, owner, fmt.Sprintf("s%d-%d", i, k)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if seen := a.lines(t); seen["resolve"] != readers*each || seen["create"] != 1+readers*each {
		t.Fatal(seen)
	}
	if entries, _ := os.ReadDir(a.ReadsDir); len(entries) > 0 {
		t.Fatal("it has written files", entries)
	}
	mine := a.recentUses.of(secretKey("main", "db"))
	if mine.IsZero() || !a.lastUsed(t, "db").Equal(mine) {
		t.Fatal(mine)
	}
	latest := mine
	if theirs := b.recentUses.of(secretKey("main", "db")); theirs.After(mine) {
		latest = theirs
	}
	if err := errors.Join(a.mergeAll(context.Background(), true), b.Close()); err != nil {
		t.Fatal(err)
	}
	fresh := New(Config{Store: a.Store, Keys: a.Keys, ReadsDir: a.ReadsDir})
	if now := fresh.lastUsed(t, "db"); !now.Equal(latest) {
		t.Fatalf("last used %v, want %v", now, latest)
	}
}

// If the store accepts no line, reads are refused.
func TestStoredFailsClosed(t *testing.T) {
	at := 0
	g := gateOf(t, Config{Trail: Stored}, func(s store.Store) store.Store { return onlyReads{s, sick{s, &at}} })
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	at = 1
	if _, err := g.use("db"); !errors.Is(err, resolve.ErrUnavailable) || !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	at = 0
	if _, err := g.use("db"); err != nil {
		t.Fatal(err)
	}
	if seen := g.lines(t); seen["resolve"] != 1 {
		t.Fatal(seen)
	}
}

// onlyReads is a store whose disk fails for writers.
type onlyReads struct {
	store.Store
	sick sick
}

func (s onlyReads) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.sick.Update(ctx, fn)
}

// tap accepts a number of bytes, and then none.
type tap struct {
	mu   sync.Mutex
	got  bytes.Buffer
	room int
}

func (w *tap) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(b), w.room)
	w.got.Write(b[:n])
	if w.room -= n; n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// The copy has each line exactly once and whole, before the answer. When it
// cannot be written, reads and changes are refused, except the change that
// notices it.
func TestAuditCopy(t *testing.T) {
	for _, trail := range []Trail{Loose, Journaled, Stored} {
		w := &tap{room: 1 << 20}
		g := gateOf(t, Config{Trail: trail, AuditCopy: w}, nil)
		if err := create(g, owner, "db"); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			if _, err := g.use("db"); err != nil || strings.Count(w.got.String(), "\n") != 2+n {
				t.Fatal(err, w.got.String())
			}
		}
		refused := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, resolve.ErrUnavailable) || !errors.Is(err, syscall.ENOSPC) || resolve.Hint(err) == "" {
				t.Fatalf("%s: %v (hint %q)", what, err, resolve.Hint(err))
			}
		}
		w.room = 10
		err := create(g, owner, "late")
		if refused("create", err); !strings.HasPrefix(err.Error(), "the change was made and audited, but") {
			t.Fatal(err)
		}
		refused("create again", create(g, owner, "never"))
		_, err = g.use("late")
		refused("read", err)
		w.room = 1 << 20
		if _, err := g.use("late"); err != nil {
			t.Fatal(err)
		}
		if _, err := g.use("never"); !errors.Is(err, resolve.ErrNotFound) {
			t.Fatal(err)
		}
		if err := g.chainReads(context.Background()); err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for l := range strings.Lines(w.got.String()) {
			var e struct{ Action string }
			if err := json.Unmarshal([]byte(l), &e); err != nil {
				t.Fatalf("%q: %v", l, err)
			}
			seen[e.Action]++
		}
		if trail := g.lines(t); fmt.Sprint(trail) != fmt.Sprint(seen) && g.Trail != Loose || seen["create"] != 2 {
			t.Fatalf("trail %d: %v, and in the copy %v", g.Trail, trail, seen)
		}
		if strings.Contains(w.got.String(), "canary") {
			t.Fatal("a value in the copy")
		}
	}
}

// The journal has the name of the secret that was read, and no value.
func TestNoValueInTheJournal(t *testing.T) {
	g := gateOf(t, Config{Trail: Journaled}, nil)
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	g.merger.merging.Lock() // so that the file is not merged
	defer g.merger.merging.Unlock()
	if _, err := g.use("db"); err != nil {
		t.Fatal(err)
	}
	var all []byte
	names, _ := filepath.Glob(filepath.Join(g.ReadsDir, "*.log"))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	if !bytes.Contains(all, []byte(`"name":"db"`)) || bytes.Contains(all, []byte("canary")) {
		t.Fatalf("%q", bytes.Trim(all, "\x00"))
	}
}

// A list includes the reads of a Loose trail; if they cannot be merged it warns,
// and lists the rest.
func TestListOfLooseReads(t *testing.T) {
	var warned []string
	at := 0
	g := gateOf(t, Config{Warn: func(s string) { warned = append(warned, s) }}, func(s store.Store) store.Store { return onlyReads{s, sick{s, &at}} })
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		t.Helper()
		page, err := g.Audit(context.Background(), owner, audit.Query{Action: string(Resolve), Limit: 100, Look: 100})
		if err != nil || page.More {
			t.Fatal(page, err)
		}
		return len(page.Lines)
	}
	for want := 1; want <= 2; want++ {
		if _, err := g.use("db"); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != want || len(warned) > 0 {
			t.Fatal(n, warned)
		}
	}
	if _, err := g.use("db"); err != nil {
		t.Fatal(err)
	}
	at = 1
	if n := count(); n != 2 || len(warned) != 1 || !strings.Contains(warned[0], "not in the list") {
		t.Fatal(n, warned)
	}
	at = 0
	if n := count(); n != 3 {
		t.Fatal(n)
	}
}
