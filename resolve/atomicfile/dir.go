package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// MkdirAll creates a folder and its missing parents, durably, with mode 0700. What
// root creates belongs to the owner of the folder above it. An existing folder is
// not changed.
func MkdirAll(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	parent := filepath.Dir(path)
	if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) && parent != path {
		if err := MkdirAll(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, dirMode); errors.Is(err, fs.ErrExist) {
		return nil // created by another process
	} else if err != nil {
		return err
	}
	if err := adoptPath(path); err != nil {
		return err
	}
	return SyncDir(parent)
}

// SyncDir makes it durable that files in a folder were created, renamed or removed.
func SyncDir(path string) error {
	if !dirsNeedSync {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return syncNames(d)
}

// syncNames ignores the error of a file system that cannot sync folders.
func syncNames(d *os.File) error {
	err := d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
