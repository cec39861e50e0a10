package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
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
	return fileError(atomicfile.CheckDir(path, info))
}

// makeDir makes a folder and those above it, or checks the one that is there.
func makeDir(path string) error {
	err := checkDir(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := atomicfile.MkdirAll(path); err != nil {
		return fileError(err)
	}
	return checkDir(path)
}
