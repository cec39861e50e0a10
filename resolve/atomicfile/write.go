package atomicfile

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Options control Write. The zero value replaces an existing file.
type Options struct {
	// New fails with fs.ErrExist if the file exists. On a file system without hard
	// links (FAT, some network shares) the caller must hold a lock that excludes
	// other writers.
	New bool
	// Temporary is the name of the temporary file, in the same folder. A caller that
	// holds a lock can use a fixed name: then the file that a killed process left is
	// replaced. "": a random name.
	Temporary string
	// Adopt gives a file that root writes to the owner of the file that it replaces,
	// or of the folder. False: it belongs to root.
	Adopt bool
	// TestStep is a seam for tests. It is called before each step: "temp", "link",
	// "sync dir". An error ends Write there. Nil: not called.
	TestStep func(step string) error
}

// temporarySuffix is the end of all random names.
const temporarySuffix = ".tmp"

// Write creates or replaces the file at path, durably, with mode 0600 and the
// content that fill writes. After an error the old file is still there; an error of
// fill is returned unchanged. A symbolic link at path is replaced, not followed.
func Write(path string, o Options, fill func(io.Writer) error) error {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return write(root, filepath.Base(path), o, fill)
}

func write(root *os.Root, name string, o Options, fill func(io.Writer) error) error {
	temp := o.Temporary
	if temp == "" {
		temp = ".squire-" + rand.Text() + temporarySuffix
	} else {
		_ = root.Remove(temp)
	}
	if err := o.step("temp"); err != nil {
		return err
	}
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return in(root, err)
	}
	defer func() { _ = root.Remove(temp) }() // renamed, unless there was an error
	err = fill(f)
	if err == nil && o.Adopt {
		err = Adopt(f, filepath.Join(root.Name(), name))
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := o.step("link"); err != nil {
		return err
	}
	if o.New {
		err = linkNew(root, temp, name)
	} else {
		err = root.Rename(temp, name)
	}
	if err != nil {
		return in(root, err)
	}
	if err := o.step("sync dir"); err != nil {
		return err
	}
	return syncRoot(root)
}

func (o Options) step(name string) error {
	if o.TestStep == nil {
		return nil
	}
	return o.TestStep(name)
}

// LinkNew renames a file in its folder, and fails with fs.ErrExist if the new name
// exists. The restriction of Options.New applies.
func LinkNew(from, to string) error {
	root, err := os.OpenRoot(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer root.Close()
	return in(root, linkNew(root, filepath.Base(from), filepath.Base(to)))
}

func linkNew(root *os.Root, from, to string) error {
	switch err := root.Link(from, to); {
	case err == nil:
		return root.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := root.Lstat(to); err == nil {
		return &fs.PathError{Op: "link", Path: to, Err: fs.ErrExist}
	}
	return root.Rename(from, to)
}

// syncRoot is SyncDir for an open folder.
func syncRoot(root *os.Root) error {
	if !dirsNeedSync {
		return nil
	}
	d, err := root.Open(".")
	if err != nil {
		return in(root, err)
	}
	return syncNames(d)
}

// in puts the full path into an error of os.Root, which contains names only. For a
// rename that is the new path: the temporary file means nothing to a user.
func in(root *os.Root, err error) error {
	var at *fs.PathError
	var move *os.LinkError
	switch {
	case errors.As(err, &at):
		return pathError(root, at.Op, at.Path, at.Err)
	case errors.As(err, &move):
		return pathError(root, move.Op, move.New, move.Err)
	}
	return err
}

func pathError(root *os.Root, op, name string, err error) error {
	return &fs.PathError{Op: strings.TrimSuffix(op, "at"), Path: filepath.Join(root.Name(), name), Err: err}
}
