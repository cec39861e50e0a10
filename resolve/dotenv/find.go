package dotenv

import (
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// NotFoundError is the error of [Find] if there is no such file. It is an [fs.ErrNotExist].
type NotFoundError struct {
	Name  string
	Start string // the folder where the search started
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no file %s in %s or in a parent folder", e.Name, e.Start)
}

func (e *NotFoundError) Unwrap() error { return fs.ErrNotExist }

// Find searches for a file from dir upward to the root, and returns the absolute path of the first regular file or FIFO
// with that name, which may contain folders. If dir is a file, its folder is used; "" is the working directory. As in
// python-dotenv's find_dotenv, the parent folders are those of the path as written (symbolic links are not resolved,
// except in the working directory), and files and folders that cannot be accessed are ignored.
//
// Errors: a *[NotFoundError], or the error of accessing dir. If dir does not exist, that is an fs.ErrNotExist too.
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

// Candidates returns the paths that [Find] checks, in its order, up to the one that it finds, or up to the root: a change
// of any of them may change the result of Find. It returns nil if the working directory is unknown.
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

// upward returns the paths of that name in a folder and its parents.
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

// found says whether there is a file that can be a .env file.
func found(path string) bool {
	info, err := os.Stat(path)
	return err == nil && readable(info.Mode())
}

// absolute is filepath.Abs with the working directory of the kernel instead of $PWD.
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

// readable says whether a file of this mode can be a .env file.
func readable(mode fs.FileMode) bool {
	return mode.IsRegular() || mode&fs.ModeType == fs.ModeNamedPipe
}
