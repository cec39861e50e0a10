package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service"
)

// tellOn shows the first token once, on standard error.
func tellOn(stderr io.Writer) func() (string, error) {
	return func() (string, error) {
		text := service.NewToken()
		_, err := fmt.Fprintf(stderr, "squired: the first token, for an admin of everything, is shown this once:\n%s\n", text)
		return text, err
	}
}

// tellInFile writes the first token to a file of its own, 0600. One that is
// there already was written by a start that did not come to store it: it is
// taken up, and a file of something else is not touched.
func tellInFile(path string) func() (string, error) {
	return func() (string, error) {
		f, err := openOwn(path)
		if errors.Is(err, fs.ErrNotExist) {
			text := service.NewToken()
			return text, writeNew(path, text+"\n")
		}
		if err != nil {
			return "", fmt.Errorf("%w: --bootstrap-token-file: %w", resolve.ErrUnavailable, err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err == nil && (!info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || !isOwn(info)) {
			// Somebody else's would be a token that they know.
			return "", resolve.WithHint(fmt.Errorf("%w: --bootstrap-token-file %s is there, and is no file of mode 0600 of this user", resolve.ErrUnavailable, path), "rm %s", path)
		}
		b, err := io.ReadAll(io.LimitReader(f, 1<<10))
		if err != nil {
			return "", fmt.Errorf("%w: --bootstrap-token-file: %w", resolve.ErrUnavailable, err)
		}
		text := strings.TrimSpace(string(b))
		if !service.IsToken(text) {
			return "", resolve.WithHint(fmt.Errorf("%w: --bootstrap-token-file %s is there, and holds no token", resolve.ErrUnavailable, path), "rm %s", path)
		}
		return text, nil
	}
}

// writeNew makes a whole file on the disk, or none.
func writeNew(path, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".squired-token-*") // 0600
	if err != nil {
		return fmt.Errorf("%w: --bootstrap-token-file: %w", resolve.ErrUnavailable, err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path) // never over another file
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		err = fmt.Errorf("%w: --bootstrap-token-file: %w", resolve.ErrUnavailable, err)
	}
	return err
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
