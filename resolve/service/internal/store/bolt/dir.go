package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
)

// checkDir refuses a folder that other users may enter.
func checkDir(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fileError(err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is not a folder", resolve.ErrUnavailable, path)
	}
	return fileError(atomicfile.CheckDir(path, info))
}

// makeDir creates a folder and its parents, or checks an existing one.
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
