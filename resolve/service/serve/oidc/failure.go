package oidc

import (
	"errors"
	"fmt"

	"github.com/squire-env/squire/resolve"
)

// failure tells the caller no more than necessary, and the operator the reason.
// The reason may contain what is in the configuration, but nothing of a token.
type failure struct {
	is     error // resolve.ErrNoIdentity or resolve.ErrUnavailable
	reason string
}

func (f *failure) Error() string {
	if f.is == resolve.ErrUnavailable {
		return "unavailable: the token cannot be checked now"
	}
	return "not signed in: the token is not accepted"
}

func (f *failure) Unwrap() error { return f.is }

// Reason returns why a sign-in failed, for the log of the server and not for the
// caller. It is "" for an error of another package.
func Reason(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return f.reason
	}
	return ""
}

func refuse(format string, args ...any) error {
	return &failure{resolve.ErrNoIdentity, fmt.Sprintf(format, args...)}
}

func unavailable(format string, args ...any) error {
	return &failure{resolve.ErrUnavailable, fmt.Sprintf(format, args...)}
}
