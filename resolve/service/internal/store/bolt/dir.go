package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/squire-env/squire/resolve"
)

// checkDir refuses a folder that others may enter.
func checkDir(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fileError(err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is no folder", resolve.ErrUnavailable, path)
	}
	return checkMode(path, info, 0o700)
}

// makeDir makes a folder and those above it, 0700 and on the disk, or checks
// the one that is there.
func makeDir(path string) error {
	err := checkDir(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeParents(path); err != nil {
		return fileError(err)
	}
	return checkDir(path)
}

func makeParents(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) && parent != path {
		if err := makeParents(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); errors.Is(err, fs.ErrExist) {
		return nil // somebody else's, meanwhile: not ours to give away
	} else if err != nil {
		return err
	}
	if err := Adopt(path, ""); err != nil {
		return err
	}
	return SyncDir(parent)
}

// CheckPrivate refuses a file that others may open, and MakeDir makes a folder
// that others may not: the key file lives by the same rules.
func CheckPrivate(path string, info fs.FileInfo) error { return checkMode(path, info, 0o600) }

// MakeDir makes a folder of mode 0700 where there is none; an existing one is
// left as it is.
func MakeDir(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return fileError(makeParents(path))
}
