package seal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/squire-env/squire/resolve"
)

func plainFile(path string) File {
	return File{
		Path:         path,
		CheckPrivate: func(string, fs.FileInfo) error { return nil },
		MakeDir:      func(path string) error { return os.MkdirAll(path, 0o700) },
		SyncDir:      func(string) error { return nil },
		Adopt:        func(_, _ string) error { return nil },
		LinkNew:      os.Link,
		Lock:         func(string) (func(), error) { return func() {}, nil },
		TestStep:     func(string) error { return nil },
	}
}

// Kubernetes mounts a key as a link to a link: it is read through them, and a
// write replaces what is behind, whoever was made to own that.
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
	var adopted, locked []string
	f.Adopt = func(path, like string) error { adopted = append(adopted, path, like); return nil }
	f.Lock = func(path string) (func(), error) { locked = append(locked, path); return func() {}, nil }
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
	real, _ = filepath.EvalSymlinks(real)
	if len(adopted) != 2 || adopted[0] != real+".new" || adopted[1] != real || len(locked) != 1 || locked[0] != real+".lock" {
		t.Error(adopted, locked)
	}
	// A link that leads nowhere is a lost key, not a place for a new one.
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
