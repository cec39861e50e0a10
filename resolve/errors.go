package resolve

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of errors, for errors.Is. The API has a code for each (resolve/api),
// so a client gets the same errors as the embedded service.
var (
	ErrNotFound    = errors.New("not found")             // no such secret, environment or version, or the caller may not know of it
	ErrMissingKeys = errors.New("required keys missing") // the secret is there, a required key is not
	ErrExists      = errors.New("already exists")
	ErrConflict    = errors.New("changed meanwhile") // an update expected another version
	ErrInvalid     = errors.New("invalid")           // a bad name, key, value or argument
	ErrDenied      = errors.New("not allowed")
	ErrNoIdentity  = errors.New("not signed in")     // no token, or one that is not valid
	ErrLimited     = errors.New("too many requests") // retry later
	ErrCorrupt     = errors.New("corrupt")           // a store that cannot be trusted or read
	ErrNoKey       = errors.New("no master key")     // the key that the store is sealed with is missing
	ErrBusy        = errors.New("busy")              // another process holds the store
	ErrUnavailable = errors.New("unavailable")       // cannot be reached, or cannot answer at the moment
	ErrNoClient    = errors.New("no client")         // a named secret that is not bound to one
	ErrLocal       = errors.New("local secret")      // Info and Update are for named secrets
)

// NotFoundError says which secret is absent. It is an ErrNotFound.
type NotFoundError struct {
	Environment string // "" if the provider has none; then Name is the reference as written
	Name        string
}

func (e *NotFoundError) Error() string {
	return "secret " + storedName(e.Environment, e.Name) + " not found"
}

// Is makes errors.Is(err, ErrNotFound) true.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// MissingKeysError lists all required keys that a secret lacks, but none that it
// has. It is an ErrMissingKeys.
type MissingKeysError struct {
	Environment, Name string   // as in NotFoundError
	Keys              []string // in the order of the request
}

func (e *MissingKeysError) Error() string {
	return lacks("secret "+storedName(e.Environment, e.Name), e.Keys)
}

func storedName(environment, name string) string {
	if environment == "" {
		return name
	}
	return environment + "/" + name
}

func lacks(what string, keys []string) string {
	noun := "key"
	if len(keys) > 1 {
		noun = "keys"
	}
	return fmt.Sprintf("%s lacks the required %s %s", what, noun, strings.Join(keys, ", "))
}

// Is makes errors.Is(err, ErrMissingKeys) true.
func (e *MissingKeysError) Is(target error) bool { return target == ErrMissingKeys }

// WithHint adds a hint to an error: what to type next. The command line prints it
// on a separate line; Error() does not contain it.
func WithHint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// Hint returns the first hint in the tree of err, or "". Errors of packages that
// do not import this one provide it by a method, Hint() string.
func Hint(err error) string {
	var h interface {
		error
		Hint() string
	}
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint is what Hint returns.
func (h *hinted) Hint() string { return h.hint }
