//go:build unix

package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// A fault of a mapping that is longer than its file is a corrupt store,
// wherever the bytes are touched.
func TestFaultIsCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "short")
	size := 4 * os.Getpagesize()
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	mapped, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(mapped) }()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	for _, held := range []bool{false, true} {
		b := newStore(t, Config{Held: held}, store.Options{})
		touch := func(store.Tx) error {
			if mapped[size-1] != 0 {
				return errors.New("not zero")
			}
			return nil
		}
		for _, err := range []error{b.Update(context.Background(), touch), b.View(context.Background(), touch)} {
			if !errors.Is(err, resolve.ErrCorrupt) && !errors.Is(err, store.ErrAbsent) {
				t.Errorf("held %t: %v", held, err)
			}
		}
	}
}
