package dotenv

import (
	"fmt"
	"io/fs"
	"iter"
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
	for path := range upward(start, name) {
		if found(path) {
			return path, nil
		}
	}
	return "", &NotFoundError{Name: name, Start: start}
}

// Candidates are the paths that [Find] looks at, in its order, up to the one that it finds: a change of any of them may
// change what is found. Where nothing is found they go all the way to the root. Nil where the working directory is not
// known.
func Candidates(dir, name string) []string {
	start, err := absolute(dir)
	if err != nil {
		return nil
	}
	if info, err := os.Stat(start); err == nil && !info.IsDir() {
		start = filepath.Dir(start)
	}
	var paths []string
	for path := range upward(start, name) {
		paths = append(paths, path)
		if found(path) {
			break
		}
	}
	return paths
}

// upward are the paths of that name in a folder and in all above it.
func upward(folder, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for yield(filepath.Join(folder, name)) {
			parent := filepath.Dir(folder)
			if parent == folder {
				return
			}
			folder = parent
		}
	}
}

// found says whether a .env file may be read there.
func found(path string) bool {
	info, err := os.Stat(path)
	return err == nil && readable(info.Mode())
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
