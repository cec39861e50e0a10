package atomicfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Lock(path, time.Hour)
	must(t, err)
	if _, err := Lock(path, time.Millisecond); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	next := make(chan error)
	go func() {
		release, err := Lock(path, time.Hour)
		if err == nil {
			release()
		}
		next <- err
	}()
	release()
	must(t, <-next)
	if info, err := os.Stat(path); err != nil || modesMatter && info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

// Shared locks exclude an exclusive one; the wait for it ends with the context and
// does not block later locks.
func TestWaitLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := OpenOrCreate(path, os.O_RDWR)
		must(t, err)
		return f
	}
	a, b := open(), open()
	for _, f := range []*os.File{a, b} {
		if ok, err := TryLock(f, Shared); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	w := open()
	if ok, err := TryLock(w, Exclusive); ok || err != nil {
		t.Fatal(ok, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- WaitLock(ctx, w, Exclusive) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	must(t, errors.Join(a.Close(), b.Close()))
	w = open()
	must(t, WaitLock(context.Background(), w, Exclusive))
	must(t, w.Close())
}
