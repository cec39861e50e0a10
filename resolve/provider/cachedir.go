package provider

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"
)

// cacheDir is the folder of the cache: 0700, its files 0600, and nothing in it
// followed. The path may lead through links, but must not end in one: what it
// names is what was checked.
type cacheDir struct{ path string }

var errNoFolder = errors.New("want a folder that is no link")

// open opens the folder. Where there is none: fs.ErrNotExist.
func (d cacheDir) open() (*os.Root, error) {
	info, err := os.Lstat(d.path)
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s: %w", d.path, errNoFolder)
	case loose(info):
		return nil, fmt.Errorf("%s: others may open it (mode %04o): chmod 700 %s", d.path, info.Mode().Perm(), d.path)
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	if opened, err := root.Stat("."); err != nil || !os.SameFile(info, opened) {
		root.Close()
		return nil, fmt.Errorf("%s: %w", d.path, errNoFolder) // exchanged since
	}
	return root, nil
}

// read reads a file of at most limit bytes. Where there is none: nil.
func (d cacheDir) read(name string, limit int64) ([]byte, error) {
	root, err := d.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: no file", name)
	case loose(info):
		return nil, fmt.Errorf("%s: others may open it (mode %04o)", name, info.Mode().Perm())
	case info.Size() > limit:
		return nil, fmt.Errorf("%s: too long", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// write puts a file in place, whole and durable, or not at all.
func (d cacheDir) write(name string, b []byte) error {
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return err
	}
	root, err := d.open()
	if err != nil {
		return err
	}
	defer root.Close()
	d.sweep(root)
	temporary := name + "." + rand.Text() + temporarySuffix
	err = writeDurably(root, temporary, b)
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(err, removeThere(root, temporary))
	}
	return syncFolder(root)
}

// remove removes a file, if it is there.
func (d cacheDir) remove(name string) error {
	root, err := d.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	if err := removeThere(root, name); err != nil {
		return err
	}
	return syncFolder(root)
}

const temporarySuffix = ".tmp"

// sweep removes what kills have left, where it can.
func (d cacheDir) sweep(root *os.Root) {
	entries, _ := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), temporarySuffix) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = root.Remove(e.Name())
		}
	}
}

func writeDurably(root *os.Root, name string, b []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func removeThere(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes a rename or a removal durable. Windows does not sync folders.
func syncFolder(root *os.Root) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
