package inject

import (
	"errors"

	"github.com/squire-env/squire/resolve"
)

// What becomes of a command that cannot be started, for the exit code.
var (
	ErrNotFound      = errors.New("command not found")      // 127
	ErrNotExecutable = errors.New("command not executable") // 126
)

// commandError is a command that cannot be started. It holds the name as typed
// or a path, and what the system says.
type commandError struct {
	kind error
	text string
}

func (e *commandError) Error() string        { return e.text }
func (e *commandError) Is(target error) bool { return target == e.kind }

func notFound(text, hint string) error {
	return resolve.WithHint(&commandError{ErrNotFound, text}, "%s", hint)
}

func notExecutable(text, hint string) error {
	err := &commandError{ErrNotExecutable, text}
	if hint == "" {
		return err
	}
	return resolve.WithHint(err, "%s", hint)
}
