package dotenv

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// NotFoundError says that a search found nothing. It is an [fs.ErrNotExist].
type NotFoundError struct {
	Name  string // that was looked for
	Start string // the folder that was searched first
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no file %s in %s or in a folder above it", e.Name, e.Start)
}

func (e *NotFoundError) Unwrap() error { return fs.ErrNotExist }

// Find looks for a file from dir upward to the root and returns the absolute path of the first regular file or FIFO of
// that name; name may have folders in it. dir is a folder, or a file, which stands for its folder; "" is the working
// directory. As in python-dotenv's find_dotenv, the way up is the path as written (symbolic links in it are not
// resolved, save in that of the working directory), and what cannot be looked at is passed over.
//
// Errors: a *[NotFoundError], or why dir could not be looked at. Of a dir that does not exist, both are fs.ErrNotExist.
func Find(dir, name string) (string, error) {
	start, err := absolute(dir)
	if err != nil {
		return "", fmt.Errorf("search for %s: %w", name, err)
	}
	info, err := os.Stat(start)
	if err != nil {
		return "", fmt.Errorf("search for %s: %w", name, err)
	}
	if !info.IsDir() {
		start = filepath.Dir(start)
	}
	for folder := start; ; {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && readable(info.Mode()) {
			return path, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", &NotFoundError{Name: name, Start: start}
		}
		folder = parent
	}
}

// absolute is filepath.Abs from the working directory as the kernel knows it, not as $PWD spells it.
func absolute(dir string) (string, error) {
	if filepath.IsAbs(dir) {
		return filepath.Clean(dir), nil
	}
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(wd); err == nil {
		wd = real
	}
	return filepath.Join(wd, dir), nil
}

// readable is what may be a .env file.
func readable(mode fs.FileMode) bool {
	return mode.IsRegular() || mode&fs.ModeType == fs.ModeNamedPipe
}
