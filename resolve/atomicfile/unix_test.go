//go:build unix

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A symbolic link is replaced, and its target is not changed.
func TestWriteReplacesLink(t *testing.T) {
	dir := t.TempDir()
	target, path := filepath.Join(dir, "target"), filepath.Join(dir, "f")
	must(t, errors.Join(os.WriteFile(target, []byte("theirs"), 0o600), os.Symlink(target, path)))
	if err := Write(path, Options{New: true}, text("ours")); err == nil {
		t.Error("created at the place of a symbolic link")
	}
	must(t, Write(path, Options{}, text("ours")))
	if read(t, target) != "theirs" || read(t, path) != "ours" {
		t.Error(read(t, target), read(t, path))
	}
}

// A symbolic link at the name of the temporary file is not followed.
func TestTemporaryIsNoLink(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	must(t, os.WriteFile(target, []byte("theirs"), 0o600))
	plant := func(step string) error {
		if step == "temp" {
			return os.Symlink(target, filepath.Join(dir, "t"))
		}
		return nil
	}
	if err := Write(filepath.Join(dir, "f"), Options{Temporary: "t", TestStep: plant}, text("ours")); !errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
	if read(t, target) != "theirs" {
		t.Error("a link was followed")
	}
}

func TestFolderFollowsNoLink(t *testing.T) {
	dir, elsewhere := filepath.Join(t.TempDir(), "d"), t.TempDir()
	must(t, os.Chmod(elsewhere, 0o700))
	must(t, os.WriteFile(filepath.Join(elsewhere, "f"), []byte("theirs"), 0o600))
	must(t, os.Symlink(elsewhere, dir))
	refused(t, Folder(dir), "folder is a link")

	must(t, errors.Join(os.Remove(dir), os.Mkdir(dir, 0o700), os.Symlink(filepath.Join(elsewhere, "f"), filepath.Join(dir, "f"))))
	if _, err := Folder(dir).Read("f", 99); err == nil {
		t.Error("read through a link")
	}
	must(t, Folder(dir).Write("f", []byte("ours")))
	if read(t, filepath.Join(elsewhere, "f")) != "theirs" {
		t.Error("wrote through a link")
	}

	must(t, os.Chmod(filepath.Join(dir, "f"), 0o640))
	if _, err := Folder(dir).Read("f", 99); !isNotPrivate(err, "chmod 600 f") {
		t.Error(err)
	}
	must(t, os.Chmod(dir, 0o750))
	refused(t, Folder(dir), "chmod 700")
}

func refused(t *testing.T, d Folder, what string) {
	t.Helper()
	if _, err := d.Read("f", 99); err == nil {
		t.Error("read:", what)
	}
	if d.Write("f", nil) == nil || d.Remove("f") == nil {
		t.Error("wrote or removed:", what)
	}
}

func isNotPrivate(err error, fix string) bool {
	var refused *NotPrivateError
	return errors.As(err, &refused) && strings.HasPrefix(refused.Hint(), fix)
}

func TestReadOwn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	must(t, os.WriteFile(path, []byte("text"), 0o600))
	if b, err := ReadOwn(path, 2); err != nil || string(b) != "te" {
		t.Errorf("%q, %v", b, err)
	}
	link, fifo := filepath.Join(dir, "link"), filepath.Join(dir, "fifo")
	must(t, errors.Join(os.Symlink(path, link), syscall.Mkfifo(fifo, 0o600)))
	if _, err := ReadOwn(link, 9); !errors.Is(err, syscall.ELOOP) {
		t.Error(err)
	}
	for _, p := range []string{fifo, dir} {
		if _, err := ReadOwn(p, 9); !isNotPrivate(err, "") {
			t.Error(err)
		}
	}
	must(t, os.Chmod(path, 0o604))
	if _, err := ReadOwn(path, 9); !isNotPrivate(err, "chmod 600 "+path) {
		t.Error(err)
	}
	must(t, os.Chmod(path, 0o600))
	if os.Getuid() == 0 {
		must(t, os.Chown(path, 65534, 65534))
		if _, err := ReadOwn(path, 9); !isNotPrivate(err, "") {
			t.Error(err)
		}
	}
}

func TestOpenOrCreate(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := t.TempDir()
	path, link := filepath.Join(dir, "f"), filepath.Join(dir, "link")
	for range 2 {
		f, err := OpenOrCreate(path, os.O_WRONLY|os.O_APPEND)
		must(t, err)
		_, err = f.WriteString("x")
		must(t, errors.Join(err, f.Close()))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() != 2 {
		t.Error(info, err)
	}
	must(t, os.Symlink(filepath.Join(dir, "new"), link))
	if _, err := OpenOrCreate(link, os.O_WRONLY); err == nil {
		t.Error("a link was followed")
	}
	if _, err := os.Lstat(filepath.Join(dir, "new")); err == nil {
		t.Error("a file was created behind a link")
	}
}

// What root creates belongs to the user who must be able to use it later.
func TestAdopt(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	const user = 65534
	dir := t.TempDir()
	must(t, os.Chown(dir, user, user))
	check := func(name string, want int) {
		t.Helper()
		info, err := os.Lstat(filepath.Join(dir, name))
		must(t, err)
		if uid, ok := Owner(info); !ok || uid != want {
			t.Errorf("%s belongs to %d, want %d", name, uid, want)
		}
	}
	must(t, MkdirAll(filepath.Join(dir, "a", "b")))
	check("a", user)
	check("a/b", user)
	f, err := OpenOrCreate(filepath.Join(dir, "f"), os.O_RDWR)
	must(t, errors.Join(err, f.Close()))
	check("f", user)
	must(t, Write(filepath.Join(dir, "kept"), Options{}, text("")))
	check("kept", 0)
	must(t, Write(filepath.Join(dir, "given"), Options{Adopt: true}, text("")))
	check("given", user)
	must(t, os.Chown(filepath.Join(dir, "given"), user-1, user-1))
	must(t, Write(filepath.Join(dir, "given"), Options{Adopt: true}, text(""))) // as the one replaced
	check("given", user-1)
}
