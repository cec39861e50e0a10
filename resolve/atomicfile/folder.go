package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Folder is the path of a private folder of private files. Symbolic links in the
// folder are not followed, and the folder itself must not be one (those above it
// may be). The methods are safe for concurrent use, also by several processes.
type Folder string

// open opens the folder; fs.ErrNotExist if it does not exist.
func (d Folder) open() (*os.Root, error) {
	info, err := os.Lstat(string(d))
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &NotPrivateError{Path: string(d), Reason: "not a folder"}
	}
	if err := CheckDir(string(d), info); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	if opened, err := root.Stat("."); err != nil || !os.SameFile(info, opened) {
		root.Close()
		return nil, &NotPrivateError{Path: string(d), Reason: "it was replaced while it was being opened"}
	}
	return root, nil
}

// Read reads a file; fs.ErrNotExist if it does not exist. A file of more than limit
// bytes is an error.
func (d Folder) Read(name string, limit int64) ([]byte, error) {
	root, err := d.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Lstat(name)
	switch {
	case err != nil:
		return nil, in(root, err)
	case !info.Mode().IsRegular():
		return nil, &NotPrivateError{Path: name, Reason: "not a regular file"}
	case info.Size() > limit:
		return nil, fmt.Errorf("%s: more than %d bytes", name, limit)
	}
	if err := CheckFile(name, info); err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, in(root, err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// Write creates or replaces a file, as the function Write does. It creates the
// folder if necessary, and removes temporary files that killed processes left.
func (d Folder) Write(name string, b []byte) error {
	if err := MkdirAll(string(d)); err != nil {
		return err
	}
	root, err := d.open()
	if err != nil {
		return err
	}
	defer root.Close()
	sweep(root)
	return write(root, name, Options{}, func(w io.Writer) error { _, err := w.Write(b); return err })
}

// Remove removes a file durably, if it exists.
func (d Folder) Remove(name string) error {
	root, err := d.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return in(root, err)
	}
	return syncRoot(root)
}

// sweep removes temporary files that are too old to be in use. It ignores errors.
func sweep(root *os.Root) {
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
