package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// table maps errors to codes and HTTP status; the first match counts.
var table = [...]struct {
	target error
	code   string
	status int
}{
	{resolve.ErrCorrupt, "corrupt", http.StatusInternalServerError},
	{resolve.ErrNoKey, "no_key", http.StatusInternalServerError},
	{resolve.ErrNoIdentity, "unauthenticated", http.StatusUnauthorized},
	{resolve.ErrDenied, "denied", http.StatusForbidden},
	{resolve.ErrInvalid, "invalid", http.StatusBadRequest},
	{resolve.ErrMissingKeys, "missing_keys", http.StatusUnprocessableEntity},
	{resolve.ErrNotFound, "not_found", http.StatusNotFound},
	{resolve.ErrExists, "already_exists", http.StatusConflict},
	{resolve.ErrConflict, "conflict", http.StatusPreconditionFailed},
	{resolve.ErrLimited, "too_many_requests", http.StatusTooManyRequests},
	{resolve.ErrBusy, "busy", http.StatusServiceUnavailable},
	{resolve.ErrUnavailable, "unavailable", http.StatusServiceUnavailable},
	{context.DeadlineExceeded, "timeout", http.StatusGatewayTimeout},
	{context.Canceled, "canceled", 499}, // the client has closed the connection
	{errors.ErrUnsupported, "unsupported", http.StatusNotImplemented},
}

// codeInternal is the code of all other errors, whose text is not sent.
const codeInternal = "internal"

// Error is an error in JSON: {"error": …}. Faults are its parts, in order, if
// there are several, or one that names a secret.
type Error struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Hint    string  `json:"hint,omitempty"`
	Faults  []Fault `json:"faults,omitempty"`
}

// Fault is one part of an Error.
type Fault struct {
	Code        string   `json:"code"`
	Message     string   `json:"message"`
	Hint        string   `json:"hint,omitempty"`
	Environment string   `json:"environment,omitempty"` // of not_found and missing_keys
	Name        string   `json:"name,omitempty"`
	Keys        []string `json:"keys,omitempty"` // of missing_keys
}

// ErrorBody is the JSON of every response that is an error.
type ErrorBody struct {
	Error Error `json:"error"`
}

// NewError describes err for a response, and returns the HTTP status.
func NewError(err error) (Error, int) {
	faults := resolve.Faults(err)
	if len(faults) == 0 {
		faults = []error{err}
	}
	e := Error{Faults: make([]Fault, 0, len(faults))}
	status, messages := 0, make([]string, 0, len(faults))
	for _, f := range faults {
		one, code := newFault(f)
		e.Faults = append(e.Faults, one)
		messages = append(messages, one.Message)
		if e.Hint == "" {
			e.Hint = one.Hint
		}
		if status == 0 || rank(one.Code) < rank(e.Code) {
			e.Code, status = one.Code, code
		}
	}
	e.Message = strings.Join(messages, "\n")
	if len(e.Faults) == 1 && e.Faults[0].Name == "" {
		e.Faults = nil // it would repeat the error
	}
	return e, status
}

func newFault(err error) (Fault, int) {
	f := Fault{Code: codeInternal, Message: "internal error", Hint: resolve.Hint(err)}
	status := http.StatusInternalServerError
	if i := find(func(i int) bool { return errors.Is(err, table[i].target) }); i >= 0 {
		f.Code, status, f.Message = table[i].code, table[i].status, err.Error()
	}
	var absent *resolve.NotFoundError
	var missing *resolve.MissingKeysError
	switch {
	case errors.As(err, &missing):
		f.Environment, f.Name, f.Keys = missing.Environment, missing.Name, missing.Keys
	case errors.As(err, &absent):
		f.Environment, f.Name = absent.Environment, absent.Name
	}
	return f, status
}

func find(is func(i int) bool) int {
	for i := range table {
		if is(i) {
			return i
		}
	}
	return -1
}

// rank orders codes: the one that is first in the table is the code of the whole.
func rank(code string) int {
	if i := find(func(i int) bool { return table[i].code == code }); i >= 0 {
		return i
	}
	return len(table)
}

// Err is the error that came over the wire: one of package resolve, for errors.Is
// and errors.As, with the same texts as in-process.
func (e Error) Err() error {
	faults := e.Faults
	if len(faults) == 0 {
		faults = []Fault{{Code: e.Code, Message: e.Message, Hint: e.Hint}}
	}
	if len(faults) == 1 {
		return faults[0].err()
	}
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f.err()
	}
	return errors.Join(errs...)
}

func (f Fault) err() error {
	received := &wireError{text: f.Message}
	if i := find(func(i int) bool { return table[i].code == f.Code }); i >= 0 {
		received.cause = table[i].target
	}
	switch f.Code {
	case "not_found":
		if f.Name != "" {
			received.cause = &resolve.NotFoundError{Environment: f.Environment, Name: f.Name}
		}
	case "missing_keys":
		received.cause = &resolve.MissingKeysError{Environment: f.Environment, Name: f.Name, Keys: f.Keys}
	}
	if f.Hint != "" {
		return resolve.WithHint(received, "%s", f.Hint)
	}
	return received
}

// wireError has the text that came over the wire, and the error that it is.
type wireError struct {
	text  string
	cause error // nil: an unknown code
}

func (w *wireError) Error() string { return w.text }
func (w *wireError) Unwrap() error { return w.cause }

// ParseError reads an ErrorBody; ok is false if it is not one.
func ParseError(b []byte) (e Error, ok bool) {
	var body ErrorBody
	if err := json.Unmarshal(b, &body); err != nil || body.Error.Code == "" {
		return Error{}, false
	}
	return body.Error, true
}

// Errorf is fmt.Errorf for an invalid request. It is an ErrInvalid.
func Errorf(format string, args ...any) error {
	return fmt.Errorf("%w request: %s", resolve.ErrInvalid, fmt.Sprintf(format, args...))
}
