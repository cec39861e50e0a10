package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// MkdirAll creates a folder and those above it that are missing: 0700, durable,
// and what root creates belongs to the owner of the folder that it is in. A
// folder that exists is left as it is.
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
		return nil // another process's, since: not ours to give away
	} else if err != nil {
		return err
	}
	if err := adoptPath(path); err != nil {
		return err
	}
	return SyncDir(parent)
}

// SyncDir makes the names in a folder durable: files created, renamed, removed.
func SyncDir(path string) error {
	if !dirsSync {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return syncNames(d)
}

// syncNames takes a file system that cannot sync folders as one that need not.
func syncNames(d *os.File) error {
	err := d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
