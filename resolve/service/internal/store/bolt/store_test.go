package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newStore(t testing.TB, c Config, o store.Options) *Store {
	if c.Dir == "" {
		c.Dir = filepath.Join(t.TempDir(), "data")
	}
	b, err := open(c, o)
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

// While a writer waits for a reader, a later reader waits behind the writer.
func TestWritersAreNotStarved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	b := newStore(t, Config{Dir: dir}, store.Options{})
	ctx := context.Background()
	put := func(tx store.Tx) error { return tx.Put("b", "k", []byte{1}) }
	if err := b.Update(ctx, put); err != nil {
		t.Fatal(err)
	}
	reading, leave := make(chan bool), make(chan bool)
	first := make(chan error, 1)
	go func() {
		first <- b.View(ctx, func(store.Tx) error { reading <- true; <-leave; return nil })
	}()
	<-reading
	writer := make(chan error, 1)
	go func() { writer <- b.Update(ctx, put) }()
	waitFor(t, func() bool { return !free(t, filepath.Join(dir, "queue")) })
	hurried := newStore(t, Config{Dir: dir}, store.Options{LockTimeout: 20 * time.Millisecond})
	err := hurried.View(ctx, func(store.Tx) error { return nil })
	if !errors.Is(err, resolve.ErrBusy) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("a later reader: %v", err)
	}
	later := make(chan error, 1)
	go func() { later <- b.View(ctx, func(store.Tx) error { return nil }) }()
	close(leave)
	for _, c := range []chan error{first, writer, later} {
		if err := <-c; err != nil {
			t.Error(err)
		}
	}
	// A call that gave up releases the lock that it got later.
	waitFor(t, func() bool { return free(t, filepath.Join(dir, "queue")) && free(t, filepath.Join(dir, "lock")) })
}

func free(t *testing.T, path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ok, err := atomicfile.TryLock(f, exclusive)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// waitFor polls the kernel, which sends no event, until the deadline.
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
		b := newStore(t, Config{Held: held}, store.Options{})
		if err := b.View(context.Background(), func(store.Tx) error { return nil }); !errors.Is(err, store.ErrAbsent) {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Dir(b.Location())); err == nil {
			t.Fatal("a look made a folder")
		}
	}
}
