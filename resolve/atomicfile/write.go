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

// Options say how Write writes. The zero value replaces what is there.
type Options struct {
	// New refuses to replace a file: then the error is an fs.ErrExist. Where the
	// file system has no hard links (FAT, some network shares), the caller must
	// hold a lock that excludes other writers.
	New bool
	// Temporary is the name, in the same folder, of the file until it is whole.
	// A caller who holds a lock gives a fixed one, and a file of that name, which
	// a killed process has left, is replaced. "": a random one, which no other
	// writer uses and which stays where the process is killed.
	Temporary string
	// Adopt gives what root writes to the owner of the file that is replaced,
	// else of the folder. False: it stays root's.
	Adopt bool
	// TestStep is a seam for tests, called before each step that a crash may
	// fall between, with its name: "temp", "link", "sync dir". An error ends the
	// write there. Nil: no seam.
	TestStep func(step string) error
}

// temporarySuffix ends the name of every random temporary file.
const temporarySuffix = ".tmp"

// Write puts at path, durably, a file of mode 0600 with what fill writes; on an
// error of fill, which is returned as it is, or of its own it leaves there what
// was there. A link at path is replaced, not followed.
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
	defer func() { _ = root.Remove(temp) }() // no longer there where all went well
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

// LinkNew gives a file another name in its folder, unless that name is taken:
// then the error is an fs.ErrExist. The restriction of Options.New holds.
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

// syncRoot is SyncDir for a folder that is open.
func syncRoot(root *os.Root) error {
	if !dirsSync {
		return nil
	}
	d, err := root.Open(".")
	if err != nil {
		return in(root, err)
	}
	return syncNames(d)
}

// in names the whole path in an error of os.Root, which knows names only; of a
// move it names where to, for the temporary file says nothing to anybody.
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
