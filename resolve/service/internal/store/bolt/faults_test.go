package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

func put(tx store.Tx) error { return tx.Put("b", "k", []byte{1}) }

func get(tx store.Tx) error { _, err := tx.Get("b", "k"); return err }

// The caller's own timeout ends the wait like that of the store, and the error
// names the holder.
func TestDeadlineNamesTheHolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	holding, leave := make(chan bool), make(chan bool)
	done := make(chan error, 1)
	holder := newStore(t, Config{Dir: dir}, store.Options{})
	go func() {
		done <- holder.Update(context.Background(), func(tx store.Tx) error { holding <- true; <-leave; return put(tx) })
	}()
	<-holding
	b := newStore(t, Config{Dir: dir}, store.Options{LockTimeout: time.Hour})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err := b.Update(ctx, put)
	if !errors.Is(err, resolve.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) || resolve.Hint(err) == "" {
		t.Errorf("%v (hint %q)", err, resolve.Hint(err))
	}
	ctx, cancel = context.WithCancel(context.Background())
	waiting := make(chan error, 1)
	go func() { waiting <- b.Update(ctx, put) }()
	waitFor(t, func() bool { return !free(t, filepath.Join(dir, "queue")) })
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) || errors.Is(err, resolve.ErrBusy) {
		t.Error(err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
	waitFor(t, func() bool { return free(t, filepath.Join(dir, "queue")) && free(t, filepath.Join(dir, "lock")) })
}

func panicOf(fn func()) (p any) {
	defer func() { p = recover() }()
	fn()
	return nil
}

// A bug in the program is not reported as a corrupt store, and the store can be
// used afterwards.
func TestBugsArePanics(t *testing.T) {
	bugs := map[string]func(store.Tx) error{
		"nil":     func(store.Tx) error { var b *Store; b.path = "x"; return nil },
		"index":   func(store.Tx) error { var none []int; _ = none[len(none)]; return nil },
		"ours":    func(store.Tx) error { panic("ours") },
		"library": func(store.Tx) error { _ = strings.Repeat("x", -len(os.Args)); return nil },
	}
	for _, held := range []bool{false, true} {
		b := newStore(t, Config{Held: held}, store.Options{})
		ctx := context.Background()
		if err := b.Update(ctx, put); err != nil {
			t.Fatal(err)
		}
		for what, bug := range bugs {
			if panicOf(func() { t.Error(b.View(ctx, bug)) }) == nil || panicOf(func() { t.Error(b.Update(ctx, bug)) }) == nil {
				t.Errorf("%s, held %t: no panic", what, held)
			}
			if err := errors.Join(b.Update(ctx, put), b.View(ctx, get)); err != nil {
				t.Errorf("after %s, held %t: %v", what, held, err)
			}
		}
		// A panic of bbolt is: a damaged page makes one of its assertions fail.
		var stale *bbolt.Cursor
		if err := b.View(ctx, func(tx store.Tx) error { stale = tx.(*transaction).at("b").Cursor(); return nil }); err != nil {
			t.Fatal(err)
		}
		err := b.View(ctx, func(store.Tx) error { stale.First(); return nil })
		if !errors.Is(err, resolve.ErrCorrupt) {
			t.Errorf("a panic of bbolt, held %t: %v", held, err)
		}
	}
	// The text alone does not make an error a fault.
	if isFault(errors.New("unexpected fault address")) || isFault(panicOf(func() { var p *int; *p = 1 })) {
		t.Error("taken for a fault")
	}
	var e runtime.Error
	if !errors.As(panicOf(func() { var p *int; *p = 1 }).(error), &e) {
		t.Error("no runtime error")
	}
}

// bbolt writes its two meta pages in turn. A damaged one may be the newer one, and
// causes a warning. A new store and a compacted one have two valid pages.
func TestDamagedMeta(t *testing.T) {
	var warned []string
	b := newStore(t, Config{}, store.Options{Warn: func(s string) { warned = append(warned, s) }})
	ctx := context.Background()
	remove := func(tx store.Tx) error { return tx.Delete("b", "k") }
	for _, fn := range []func(store.Tx) error{func(store.Tx) error { return nil }, put, remove} {
		if err := errors.Join(b.Update(ctx, fn), b.View(ctx, get)); err != nil || len(warned) > 0 {
			t.Fatal(err, warned)
		}
	}
	whole, err := os.ReadFile(b.Location())
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	damage := func(at ...int) {
		bad := append([]byte{}, whole...)
		for _, i := range at {
			bad[i] ^= 1
		}
		if err := os.WriteFile(b.Location(), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		warned = nil
	}
	for _, at := range []int{0, page} {
		for _, field := range []int{metaAt, metaAt + 48, metaAt + 56} { // magic, txid, checksum
			damage(at + field)
			if err := b.View(ctx, get); err != nil || len(warned) != 1 || !strings.Contains(warned[0], "one of its two meta pages is damaged") {
				t.Errorf("byte %d: %v, %q", at+field, err, warned)
			}
		}
	}
	damage(metaAt+56, page+metaAt+56)
	if err := b.View(ctx, get); !errors.Is(err, resolve.ErrCorrupt) {
		t.Error(err)
	}
}

// The hint must not suggest a step that the key file then refuses.
func TestCorruptHint(t *testing.T) {
	b := newStore(t, Config{}, store.Options{})
	ctx := context.Background()
	if err := b.Update(ctx, put); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{0, 10, 5000} {
		if err := os.Truncate(b.Location(), n); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{b.View(ctx, get), b.Update(ctx, put)} {
			if h := resolve.Hint(err); !errors.Is(err, resolve.ErrCorrupt) || !strings.Contains(h, "backup") || !strings.Contains(h, "SQUIRE_DATA_DIR") || strings.Contains(h, "aside") {
				t.Errorf("%d bytes: %v (hint %q)", n, err, h)
			}
		}
	}
}

// A symbolic link is not read, written or replaced; the folder may be one.
func TestLinkedStore(t *testing.T) {
	real := newStore(t, Config{}, store.Options{})
	ctx := context.Background()
	if err := real.Update(ctx, put); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(dir, 0o700), os.Symlink(real.Location(), filepath.Join(dir, FileName))); err != nil {
		t.Skip(err)
	}
	for _, held := range []bool{false, true} {
		b := newStore(t, Config{Dir: dir, Held: held}, store.Options{})
		for _, err := range []error{b.View(ctx, get), b.Update(ctx, put)} {
			target, _ := filepath.EvalSymlinks(filepath.Dir(real.Location()))
			if !errors.Is(err, resolve.ErrUnavailable) || !strings.Contains(err.Error(), "symbolic link") || resolve.Hint(err) != "set SQUIRE_DATA_DIR="+target {
				t.Errorf("held %t: %v (hint %q)", held, err, resolve.Hint(err))
			}
		}
		_ = b.Close()
	}
	folder := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Dir(real.Location()), folder); err != nil {
		t.Fatal(err)
	}
	if err := newStore(t, Config{Dir: folder}, store.Options{}).View(ctx, get); err != nil {
		t.Error(err)
	}
	// The lock may not be one either.
	lock, victim := filepath.Join(filepath.Dir(real.Location()), "lock"), filepath.Join(t.TempDir(), "victim")
	if err := errors.Join(os.Remove(lock), os.Symlink(victim, lock)); err != nil {
		t.Fatal(err)
	}
	if err := real.Update(ctx, put); err == nil && runtime.GOOS != "windows" {
		t.Error("a lock was taken through a link")
	}
	if _, err := os.Lstat(victim); err == nil {
		t.Error("a link led out of the folder")
	}
}
