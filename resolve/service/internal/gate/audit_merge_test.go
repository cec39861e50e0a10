package gate

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve/service/internal/audit"
)

func (g *Gate) lines(t *testing.T) map[string]int {
	t.Helper()
	seen := map[string]int{}
	_, err := g.walk(context.Background(), func(e audit.Entry) {
		if e.Action == audit.Unreadable {
			seen[e.Action] += e.Lines
		} else {
			seen[e.Action]++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func (g *Gate) lastUsed(t *testing.T, name string) (used time.Time) {
	t.Helper()
	err := g.Read(context.Background(), owner, []Access{{Info, "main", name}}, func(r *Records) error {
		s, err := r.Secret("main", name)
		if err != nil {
			return err
		}
		used, err = r.LastUsed(s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func (g *Gate) first(t *testing.T) uint64 {
	t.Helper()
	n, err := g.firstFile(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (g *Gate) writeLog(t *testing.T, n uint64, lines ...string) {
	t.Helper()
	text := "\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(g.ReadsDir, fmt.Sprintf("%d.log", n)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func line(at time.Time, action, name string) string {
	return fmt.Sprintf(`{"time":"%s","caller":"c","action":"%s","environment":"main","name":"%s","outcome":"ok"}`,
		at.UTC().Format("2006-01-02T15:04:05.000000000Z"), action, name)
}

// One write merges a limited number of reads; the times of last use include the
// others before and after.
func TestFoldIsBounded(t *testing.T) {
	for _, many := range []struct{ files, each, perWrite int }{{40, 3, maxFiles}, {3, maxLines/2 - 10, 2}} {
		t.Run(fmt.Sprint(many), func(t *testing.T) {
			g := newGate(t, nil)
			if err := create(g, owner, "db"); err != nil {
				t.Fatal(err)
			}
			base, first := g.Now().Add(-time.Minute), g.first(t)
			g.Now = func() time.Time { return base.Add(time.Hour) }
			last := base.Add(30 * time.Minute)
			block := strings.Repeat(line(base, "resolve", "api")+"\n", many.each-1)
			for k := range many.files {
				g.writeLog(t, first+uint64(k), block+line(last.Add(time.Duration(k)), "resolve", "db"))
			}
			want := last.Add(time.Duration(many.files - 1))
			before := 0
			for left := many.files; left > 0; {
				if err := create(g, owner, fmt.Sprint("s", left)); err != nil {
					t.Fatal(err)
				}
				n := min(left, many.perWrite)
				left -= n
				seen := g.lines(t)
				if got := seen["resolve"] - before; got != n*many.each || seen["unreadable"] != 0 {
					t.Fatalf("%d lines in one write, want %d (%v)", got, n*many.each, seen)
				}
				before += n * many.each
				if used := g.lastUsed(t, "db"); !used.Equal(want) {
					t.Fatalf("last used %v with %d files left, want %v", used, left, want)
				}
			}
		})
	}
}

// A line with another action than a read is forged, and so is a time in the
// future.
func TestForgedReads(t *testing.T) {
	g := newGate(t, nil)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	g.Now = func() time.Time { return now }
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	g.writeLog(t, g.first(t),
		line(now.AddDate(900, 0, 0), "resolve", "db"), line(time.Time{}, "info", "db"),
		line(now, "delete", "db"), line(now, "create", "db"), line(now, "unreadable", "db"), line(now, "made_up", "db"), line(now, "resolve", "../db"))
	g.writeLog(t, g.first(t)+2_000_000, line(now, "resolve", "db"))
	if used := g.lastUsed(t, "db"); !used.Equal(now) {
		t.Fatal("not merged: last used", used)
	}
	now = now.Add(time.Second)
	if err := create(g, owner, "x"); err != nil {
		t.Fatal(err)
	}
	seen := g.lines(t)
	if seen["unreadable"] != 5 || seen["resolve"] != 1 || seen["info"] != 2 || seen["create"] != 2 || seen["delete"] != 0 {
		t.Fatal(seen)
	}
	if used := g.lastUsed(t, "db"); !used.Equal(now) {
		t.Fatal("merged: last used", used)
	}
	_, err := g.walk(context.Background(), func(e audit.Entry) {
		if e.Time.After(now) || e.Time.Year() < 2000 {
			t.Errorf("%s at %v", e.Action, e.Time)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A file of reads that cannot be read causes a warning, and is merged later.
func TestUnreadableReads(t *testing.T) {
	for _, held := range []bool{false, true} {
		var mu sync.Mutex
		var warned []string
		g := gateOf(t, Config{Held: held, Warn: func(s string) { mu.Lock(); defer mu.Unlock(); warned = append(warned, s) }}, nil)
		warnings := func() string { mu.Lock(); defer mu.Unlock(); return strings.Join(warned, "\n") }
		merge := func() {
			t.Helper()
			if err := g.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if err := create(g, owner, "db"); err != nil {
			t.Fatal(err)
		}
		first, now := g.first(t), g.Now()
		blocked := filepath.Join(g.ReadsDir, fmt.Sprintf("%d.log", first))
		g.merger.merging.Lock()                          // a server does not expect that others write there
		if err := os.Mkdir(blocked, 0o700); err != nil { // not even root can read a folder as a file
			t.Fatal(err)
		}
		g.writeLog(t, first+1, line(now, "resolve", "db"))
		g.merger.merging.Unlock()
		merge()
		if used := g.lastUsed(t, "db"); !used.Equal(now.UTC().Round(0)) || warnings() == "" {
			t.Fatal(used, warnings())
		}
		for i := range 3 {
			if err := create(g, owner, fmt.Sprint("s", i)); err != nil {
				t.Fatal(err)
			}
			_ = g.lastUsed(t, "db")
			merge()
		}
		if seen := g.lines(t); seen["resolve"] != 1 || seen["create"] != 4 || seen["info"] < 3 {
			t.Fatalf("held %t: %v", held, seen)
		}
		if !strings.Contains(warnings(), "not in the audit trail yet") {
			t.Fatal(warnings())
		}
		// Once it can be read, it is merged: nothing was lost.
		g.repair(t, line(now, "list", ""))
		if err := create(g, owner, "after"); err != nil {
			t.Fatal(err)
		}
		merge()
		if seen := g.lines(t); seen["list"] != 1 {
			t.Fatalf("held %t: %v", held, seen)
		}
	}
}

// repair replaces the folder by a file.
func (g *Gate) repair(t *testing.T, text string) {
	t.Helper()
	g.merger.merging.Lock()
	defer g.merger.merging.Unlock()
	entries, err := os.ReadDir(g.ReadsDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			path := filepath.Join(g.ReadsDir, e.Name())
			b := bytes.NewBufferString(text + "\n").Bytes()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("it is gone")
}

// A secret does not inherit the uses of an earlier secret of the same name.
func TestUseOfAnEarlierLife(t *testing.T) {
	g := newGate(t, nil)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	g.Now = func() time.Time { return now }
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	early := line(now, "resolve", "db")
	now = now.Add(time.Minute)
	err := g.Write(context.Background(), owner, []Access{{Delete, "main", "db"}}, func(r *Records) error {
		s, err := r.Secret("main", "db")
		if err != nil {
			return err
		}
		return r.Remove(s)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := create(g, owner, "db"); err != nil {
		t.Fatal(err)
	}
	g.writeLog(t, g.first(t), early)
	for range 2 { // before and after the merge
		if used := g.lastUsed(t, "db"); !used.IsZero() {
			t.Fatal(used)
		}
		if err := create(g, owner, "x"+fmt.Sprint(g.first(t))); err != nil {
			t.Fatal(err)
		}
	}
}
