package resolve

import (
	"errors"
	"fmt"
	"strings"
)

// What can go wrong, for errors.Is. The wire has a code for each
// (resolve/api), so a client sees the same errors as the embedded service.
var (
	ErrNotFound    = errors.New("not found")             // no such secret, environment or version; or not for this caller
	ErrMissingKeys = errors.New("required keys missing") // the secret is there, a required key is not
	ErrExists      = errors.New("already exists")
	ErrConflict    = errors.New("changed meanwhile") // an update expected another version
	ErrInvalid     = errors.New("invalid")           // a bad name, key, value or argument
	ErrDenied      = errors.New("not allowed")
	ErrNoIdentity  = errors.New("not signed in")     // no token, or one that is not good (any more)
	ErrLimited     = errors.New("too many requests") // ask again later
	ErrCorrupt     = errors.New("corrupt")           // a store that cannot be trusted or read
	ErrNoKey       = errors.New("no master key")     // the key that the store is sealed with is not at hand
	ErrBusy        = errors.New("busy")              // somebody holds the store
	ErrUnavailable = errors.New("unavailable")       // cannot be reached, or cannot answer now
	ErrNoClient    = errors.New("no client")         // a named secret that nobody bound to one
	ErrLocal       = errors.New("local secret")      // Info and Update are for named secrets
)

// NotFoundError says which secret is absent. It is an ErrNotFound.
type NotFoundError struct{ Environment, Name string }

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("secret %s/%s not found", e.Environment, e.Name)
}

// Is makes errors.Is(err, ErrNotFound) true.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// MissingKeysError lists every required key that a secret lacks, and never
// the keys that it has. It is an ErrMissingKeys.
type MissingKeysError struct {
	Environment, Name string
	Keys              []string // in the order required
}

func (e *MissingKeysError) Error() string {
	noun := "key"
	if len(e.Keys) > 1 {
		noun = "keys"
	}
	return fmt.Sprintf("secret %s/%s lacks the required %s %s", e.Environment, e.Name, noun, strings.Join(e.Keys, ", "))
}

// Is makes errors.Is(err, ErrMissingKeys) true.
func (e *MissingKeysError) Is(target error) bool { return target == ErrMissingKeys }

// WithHint adds a line to an error that says what to type next. The command
// line prints it on a line of its own; Error() does not hold it.
func WithHint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// Hint returns the first hint in the tree of err, or "".
func Hint(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Faults takes a tree of joined errors apart into one error a fault, in order,
// so that each can be a line of its own. A hint stays on its fault.
func Faults(err error) []error {
	if err == nil {
		return nil
	}
	if b, ok := err.(*blamed); ok {
		return Faults(b.error)
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok && isLines(err, j.Unwrap()) {
		var all []error
		for _, e := range j.Unwrap() {
			all = append(all, Faults(e)...)
		}
		return all
	}
	var h *hinted
	if errors.As(err, &h) && error(h) == err {
		if inner := Faults(h.error); len(inner) > 1 {
			inner[0] = &hinted{inner[0], h.hint}
			return inner
		}
	}
	return []error{err}
}

// isLines tells a list of faults, as errors.Join makes it, from one fault with
// several causes, as fmt.Errorf makes it with two %w.
func isLines(err error, parts []error) bool {
	lines := make([]string, len(parts))
	for i, p := range parts {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n") == err.Error()
}
