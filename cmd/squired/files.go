package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/squire-env/squire/resolve/atomicfile"
)

func toStdout(out string) bool { return out == "-" || out == "" }

// nameless is the error of a file without the file's name.
func nameless(what string, err error) error {
	var at *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &at):
		return fmt.Errorf("%s: %w", what, at.Err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// writeOut runs fn with where its output goes. A file appears, or is replaced,
// when fn has written all of it and it is on the disk.
func (s *session) writeOut(out string, fn func(io.Writer) error) error {
	if toStdout(out) {
		return fn(s.stdout)
	}
	if info, err := os.Stat(out); err == nil && !info.Mode().IsRegular() { // a FIFO, or /dev/null
		f, err := os.OpenFile(out, os.O_WRONLY, 0)
		if err != nil {
			return nameless("--out", err)
		}
		return errors.Join(fn(f), f.Close())
	}
	if real, err := filepath.EvalSymlinks(out); err == nil {
		out = real // the link stays
	}
	var failed error // fn's own error is not about --out
	err := atomicfile.Write(out, atomicfile.Options{}, func(w io.Writer) error {
		failed = fn(w)
		return failed
	})
	if failed != nil {
		return failed
	}
	return nameless("--out", err)
}
