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
		_, err := fmt.Fprintf(stderr, "squired: the first token, for an admin of everything, is shown only once:\n%s\n", text)
		return text, err
	}
}

// anotherFile does not suggest to remove a file that somebody else may need.
const anotherFile = "--bootstrap-token-file with the name of a file that does not exist yet"

// tellInFile writes the first token to a file of its own, 0600. If there
// is one already, an earlier start was interrupted before it stored the token:
// that token is used. Any other file is left alone. Another user's file
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
			return "", resolve.WithHint(fmt.Errorf("%w: --bootstrap-token-file %s exists, and is not a file of this user with mode 0600", resolve.ErrUnavailable, path), anotherFile)
		case err != nil:
			return "", fmt.Errorf("%w: --bootstrap-token-file: %w", resolve.ErrUnavailable, err)
		}
		text := strings.TrimSpace(string(b))
		if !service.IsToken(text) {
			return "", resolve.WithHint(fmt.Errorf("%w: --bootstrap-token-file %s exists, and does not hold a token", resolve.ErrUnavailable, path), anotherFile)
		}
		return text, nil
	}
}

// writeNew writes a complete file to the disk, or none.
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
