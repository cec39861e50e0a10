package bolt

import (
	"errors"
	"io/fs"
	"os"
)

// OpenOrMake opens a file, and makes it, 0600, where there is none. What root
// makes belongs to the owner of the folder. A link is refused: root could be
// led elsewhere by it.
func OpenOrMake(path string, flag int) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flag|noFollow, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		f, err = os.OpenFile(path, flag|noFollow|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue // made by another since
		}
		if err != nil {
			return nil, err
		}
		if err := adoptFile(f, path, ""); err != nil {
			f.Close()
			return nil, err
		}
		return f, nil
	}
}
