package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// guard runs fn, and returns an error for what a damaged bbolt file causes: a
// fault where the mapping is longer than the file, or a panic in bbolt. Any other
// panic is a bug and is passed on: called a corrupt store, it would make the user
// restore a backup for nothing.
func guard(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if !isFault(p) && !fromBolt() {
				panic(p)
			}
			err = corrupt(path, "its pages are inconsistent")
		}
	}()
	return fn()
}

// isFault tells a fault of the mapping from a nil pointer: only the first has an
// address.
func isFault(p any) bool {
	e, ok := p.(runtime.Error)
	if !ok {
		return false
	}
	_, ok = e.(interface{ Addr() uintptr })
	return ok
}

// fromBolt reports, in a deferred call, whether the panic was raised in bbolt.
func fromBolt() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicking := false
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicking = true
		case panicking && !strings.HasPrefix(f.Function, "runtime."):
			return strings.HasPrefix(f.Function, "go.etcd.io/bbolt")
		case !more:
			return false
		}
	}
}

// corrupt is the error of a damaged file.
func corrupt(path, why string) error {
	return store.WithRestoreHint(path, fmt.Errorf("%w store %s: %s", resolve.ErrCorrupt, path, why))
}

// fileError turns errors of the system into those of package resolve, with a hint
// if the user can do something. It leaves other errors as they are.
func fileError(err error) error {
	var perr *fs.PathError
	var loose *atomicfile.NotPrivateError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum), errors.Is(err, bbolterrors.ErrVersionMismatch):
		return store.WithRestoreHint(FileName, fmt.Errorf("%w store: %w", resolve.ErrCorrupt, err))
	case errors.Is(err, bbolterrors.ErrTimeout):
		return busy("the store's file", "")
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
		if errors.As(err, &perr) {
			return resolve.WithHint(err, "%s", permissionHint(perr.Path))
		}
		return err
	case errors.Is(err, syscall.ENOSPC):
		return resolve.WithHint(fmt.Errorf("%w: %w", resolve.ErrUnavailable, err), "make room on the disk; nothing that was stored is lost")
	case errors.As(err, &perr), errors.Is(err, syscall.EIO), errors.Is(err, syscall.EROFS), errors.As(err, &loose):
		return fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
	}
	return err
}

// permissionHint names the owner of a file that could not be opened.
func permissionHint(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Sprintf("ls -ld %s", path)
	}
	if uid, ok := atomicfile.Owner(info); ok {
		return fmt.Sprintf("%s belongs to uid %d, and this is uid %d; run as its owner, or set SQUIRE_DATA_DIR", path, uid, os.Getuid())
	}
	return fmt.Sprintf("ls -ld %s", path)
}
