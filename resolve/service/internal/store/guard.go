package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"syscall"

	"github.com/squire-env/squire/resolve"
	bolterrors "go.etcd.io/bbolt/errors"
)

// guard runs fn, and makes an error of what a damaged bbolt file does to its
// reader: a panic, or a fault where the mapping is longer than the file. The
// panic's text names pages; it is left out all the same.
func guard(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = corrupt(path, "its pages do not hang together")
		}
	}()
	return fn()
}

// corrupt is the error of a file that is no good store.
func corrupt(path, why string) error {
	return resolve.WithHint(fmt.Errorf("%w store %s: %s", resolve.ErrCorrupt, path, why),
		"restore %s from a backup, or move it aside to begin anew", path)
}

// fileError gives what the system said a name that callers know, and a hint
// where there is something to do. It leaves other errors as they are.
func fileError(err error) error {
	var perr *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return fmt.Errorf("%w store: %w", resolve.ErrCorrupt, err)
	case errors.Is(err, bolterrors.ErrTimeout):
		return busy("the store's file", "")
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
		if errors.As(err, &perr) {
			return resolve.WithHint(err, "%s", permissionHint(perr.Path))
		}
		return err
	case errors.Is(err, syscall.ENOSPC):
		return resolve.WithHint(fmt.Errorf("%w: %w", resolve.ErrUnavailable, err), "make room on the disk; nothing that was stored is lost")
	case errors.As(err, &perr), errors.Is(err, syscall.EIO), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
	}
	return err
}

// permissionHint says whose the thing is that could not be opened.
func permissionHint(path string) string {
	if uid, ok := ownerOf(path); ok {
		return fmt.Sprintf("%s belongs to uid %d, and this is uid %d; run as its owner, or set SQUIRE_DATA_DIR", path, uid, os.Getuid())
	}
	return fmt.Sprintf("ls -ld %s", path)
}
