package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
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
// taken up, and a file of something else is not touched. Another user's file
// would be a token that the other user knows.
func tellInFile(path string) func() (string, error) {
	return func() (string, error) {
		b, err := atomicfile.ReadOwn(path, 1<<10)
		var refused *atomicfile.NotPrivateError
		switch {
		case errors.Is(err, fs.ErrNotExist):
			text := service.NewToken()
			return text, writeNew(path, text+"\n")
		case errors.As(err, &refused):
			return "", resolve.WithHint(fmt.Errorf("%w: --bootstrap-token-file %s is there, and is no file of mode 0600 of this user", resolve.ErrUnavailable, path), "rm %s", path)
		case err != nil:
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
func writeNew(path, text string) error {
	err := atomicfile.Write(path, atomicfile.Options{New: true}, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		return fmt.Errorf("%w: --bootstrap-token-file: %w", resolve.ErrUnavailable, err)
	}
	return nil
}
