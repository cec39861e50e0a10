package seal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
)

func plainFile(path string) File { return File{Path: path, LockTimeout: time.Minute} }

// Kubernetes mounts a key as a link to a link: it is read through them, and a
// write replaces the file behind them and keeps its owner.
func TestLinkedKeyFile(t *testing.T) {
	dir := t.TempDir()
	real, data, link := filepath.Join(dir, "..v1", "key"), filepath.Join(dir, "..data"), filepath.Join(dir, "key")
	made, err := plainFile(real).Create()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink("..v1", data), os.Symlink(filepath.Join("..data", "key"), link)); err != nil {
		t.Skip(err)
	}
	f := plainFile(link)
	const user = 65534
	root := os.Getuid() == 0
	if err := os.Chown(real, user, user); err != nil && root {
		t.Fatal(err)
	}
	if err := os.Remove(real + ".lock"); err != nil {
		t.Fatal(err)
	}
	ring, err := f.Load()
	if err != nil || ring.Active().ID() != made.Active().ID() {
		t.Fatal(err)
	}
	if err := f.Record(ring, "id", "/store"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, data} {
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more (%v)", path, err)
		}
	}
	if ring, err := plainFile(real).Load(); err != nil || !ring.Sealed("/store") {
		t.Error("the file behind the link does not know", err)
	}
	if info, err := os.Stat(real); err != nil {
		t.Error(err)
	} else if uid, ok := atomicfile.Owner(info); ok && root && uid != user {
		t.Errorf("the file belongs to %d now", uid)
	}
	if _, err := os.Stat(real + ".lock"); err != nil {
		t.Error("what is locked is not beside the file itself:", err)
	}
	if _, err := os.Stat(link + ".lock"); err == nil {
		t.Error("the lock is beside the link")
	}
	// A broken link is a lost key; no new key is created.
	if err := os.Remove(real); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create(); !errors.Is(err, resolve.ErrNoKey) {
		t.Error(err)
	}
	if _, err := os.Lstat(real); err == nil {
		t.Error("a key was made behind a link that led nowhere")
	}
}
