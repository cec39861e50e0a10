package cli

import (
	"errors"
	"fmt"

	"github.com/squire-env/squire/resolve"
)

// Codes are the exit codes of a command.
type Codes struct {
	Failure, Usage int
	Errors         []ErrorCode // these outrank the two; the first that matches counts
}

// ErrorCode is the exit code of an error.
type ErrorCode struct {
	Err  error
	Code int
}

// DefaultCodes are 1 for a failure and 2 for a usage error.
func DefaultCodes() Codes { return Codes{Failure: 1, Usage: 2} }

func (c Codes) of(err error) int {
	for _, e := range c.Errors {
		if errors.Is(err, e.Err) {
			return e.Code
		}
	}
	if IsUsage(err) {
		return c.Usage
	}
	return c.Failure
}

// Exit ends the program with this code and no message: the code of a child.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("the command ended with %d", int(e)) }

// UsageError is a call that was mistyped.
type UsageError struct{ Err error }

func (u UsageError) Error() string { return u.Err.Error() }
func (u UsageError) Unwrap() error { return u.Err }

// IsUsage reports whether err is about how the program was called.
func IsUsage(err error) bool {
	var usage UsageError
	return errors.As(err, &usage)
}

// Usagef is fmt.Errorf for a UsageError.
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Usage makes each fault of the errors a UsageError; nil if there is none.
func Usage(errs ...error) error {
	var all []error
	for _, fault := range resolve.Faults(errors.Join(errs...)) {
		all = append(all, UsageError{fault})
	}
	return errors.Join(all...)
}
