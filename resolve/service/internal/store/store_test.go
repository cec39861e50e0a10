package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/squire-env/squire/resolve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, c Config) *Bolt {
	if c.Dir == "" {
		c.Dir = filepath.Join(t.TempDir(), "data")
	}
	b, err := OpenBolt(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// Scan gives what a sorted list gives, from any place, in both directions.
func TestScan(t *testing.T) {
	b := open(t, Config{})
	ctx := context.Background()
	key := rapid.StringMatching(`[ab/\x00\xff]{1,4}`)
	err := b.Update(ctx, func(tx Tx) error {
		rapid.Check(t, func(rt *rapid.T) {
			bucket := "b" + rapid.StringMatching(`[a-z]{9}`).Draw(rt, "bucket")
			model := rapid.MapOf(key, rapid.StringN(1, 4, 4)).Draw(rt, "model")
			for k, v := range model {
				if err := tx.Put(bucket, k, []byte(v)); err != nil {
					rt.Fatal(err)
				}
			}
			r := Range{Prefix: rapid.StringMatching(`[ab/\xff]{0,2}`).Draw(rt, "prefix"), Reverse: rapid.Bool().Draw(rt, "reverse")}
			if rapid.Bool().Draw(rt, "from") {
				r.From = r.Prefix + key.Draw(rt, "from")
			}
			var want, got []string
			for _, k := range slices.Sorted(maps.Keys(model)) {
				if strings.HasPrefix(k, r.Prefix) && (r.From == "" || r.Reverse && k < r.From || !r.Reverse && k >= r.From) {
					want = append(want, k)
				}
			}
			if r.Reverse {
				slices.Reverse(want)
			}
			err := tx.Scan(bucket, r, func(k string, v []byte) (bool, error) {
				if string(v) != model[k] {
					rt.Fatalf("%q: %q", k, v)
				}
				got = append(got, k)
				return true, nil
			})
			if err != nil || !slices.Equal(got, want) {
				rt.Fatalf("%+v: got %q, want %q (%v)", r, got, want, err)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A call that fails in a group takes only itself back.
func TestGroup(t *testing.T) {
	b := open(t, Config{Held: true})
	ctx := context.Background()
	bad := errors.New("bad")
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			defer func() {
				if p := recover(); (p != nil) != (i%10 == 7) {
					t.Errorf("%d: a panic: %v", i, p)
				}
			}()
			err := b.Update(ctx, func(tx Tx) error {
				if err := tx.Put("b", fmt.Sprintf("%03d", i), []byte{1}); err != nil {
					return err
				}
				if i%10 == 3 {
					return bad
				}
				if i%10 == 7 {
					panic("a bug")
				}
				return nil
			})
			if (i%10 == 3) != errors.Is(err, bad) || i%10 != 3 && err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	n := 0
	err := b.View(ctx, func(tx Tx) error {
		return tx.Scan("b", Range{}, func(string, []byte) (bool, error) { n++; return true, nil })
	})
	if err != nil || n != 80 {
		t.Fatal(n, err)
	}
}

// A writer who waits for a reader stands in the turnstile: a later reader
// waits behind it instead of slipping by.
func TestWritersAreNotStarved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	b := open(t, Config{Dir: dir})
	ctx := context.Background()
	put := func(tx Tx) error { return tx.Put("b", "k", []byte{1}) }
	if err := b.Update(ctx, put); err != nil {
		t.Fatal(err)
	}
	reading, leave := make(chan bool), make(chan bool)
	first := make(chan error, 1)
	go func() {
		first <- b.View(ctx, func(Tx) error { reading <- true; <-leave; return nil })
	}()
	<-reading
	writer := make(chan error, 1)
	go func() { writer <- b.Update(ctx, put) }()
	waitFor(t, func() bool { return !free(t, filepath.Join(dir, "queue")) })
	hurried := open(t, Config{Dir: dir, LockTimeout: 20 * time.Millisecond})
	err := hurried.View(ctx, func(Tx) error { return nil })
	if !errors.Is(err, resolve.ErrBusy) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("a later reader: %v", err)
	}
	later := make(chan error, 1)
	go func() { later <- b.View(ctx, func(Tx) error { return nil }) }()
	close(leave)
	for _, c := range []chan error{first, writer, later} {
		if err := <-c; err != nil {
			t.Error(err)
		}
	}
	// Who gave up let go of what it got later.
	waitFor(t, func() bool { return free(t, filepath.Join(dir, "queue")) && free(t, filepath.Join(dir, "lock")) })
}

func free(t *testing.T, path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ok, err := tryLock(f, exclusive)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// waitFor asks the kernel, which tells nobody, until the deadline.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal("never")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestParseLocks(t *testing.T) {
	text := "1: POSIX  ADVISORY  WRITE 7 00:1a:99 0 EOF\n2: FLOCK  ADVISORY  WRITE 12 fe:00:99 0 EOF\n2: -> FLOCK  ADVISORY  READ 13 fe:00:99 0 EOF\n3: FLOCK  ADVISORY  READ 14 fe:00:98 0 EOF\nrubbish\n"
	if got := parseLocks(text, 99); !slices.Equal(got, []int{12}) {
		t.Fatal(got)
	}
}

func TestAbsent(t *testing.T) {
	for _, held := range []bool{false, true} {
		b := open(t, Config{Held: held})
		if err := b.View(context.Background(), func(Tx) error { return nil }); !errors.Is(err, ErrAbsent) {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Dir(b.Location())); err == nil {
			t.Fatal("a look made a folder")
		}
	}
}
