package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/squire-env/squire/resolve"
)

// unreachable is the error of a call without a response. The errors of net/http
// contain URLs, headers and what a server sent, so none of their text is repeated.
func (c *Client) unreachable(ctx context.Context, state *call, err error) error {
	var token *tokenError
	if errors.As(err, &token) {
		if resolve.Hint(token) != "" {
			return token.error
		}
		return resolve.WithHint(token.error, "set SQUIRE_TOKEN_FILE to a file that contains a token, or set SQUIRE_TOKEN")
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	if state.refusal != nil { // squired was reached
		return fmt.Errorf("%w; gave up after %s", state.refusal, tries(state.tries))
	}
	if state.last != nil {
		err = state.last
	}
	took := time.Since(state.started).Round(10 * time.Millisecond)
	fault := fmt.Errorf("%w: cannot reach %s after %s in %s: %s", resolve.ErrUnavailable, c.base, tries(state.tries), took, reason(err))
	if ctx.Err() != nil {
		fault = fmt.Errorf("%w; the timeout expired", fault)
	}
	return resolve.WithHint(&Unreachable{fault}, "%s", hint(err))
}

// Unreachable is the error if the server did not respond: an earlier response may
// be used instead. It is a resolve.ErrUnavailable.
type Unreachable struct{ error }

func (u *Unreachable) Unwrap() error { return u.error }

func tries(n int) string {
	if n <= 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

// isTransient says whether a retry may succeed.
func isTransient(err error) bool {
	var token *tokenError
	var certificate *tls.CertificateVerificationError
	return !errors.As(err, &token) && !errors.As(err, &certificate) && !noTLS(err) && !errors.Is(err, errTooLong)
}

// noTLS says whether the server responded to a TLS handshake without TLS.
func noTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch)
}

func reason(err error) string {
	var status statusError
	var dns *net.DNSError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var network net.Error
	switch {
	case errors.As(err, &status):
		return "it " + status.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the response was complete"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to host"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "unknown host name"
	case errors.As(err, &dns):
		return "its host name cannot be resolved"
	case errors.As(err, &authority):
		return "its certificate is signed by an unknown authority"
	case errors.As(err, &hostname):
		return "its certificate is for another host name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or is not valid yet"
	case errors.As(err, &invalid):
		return "its certificate is not valid"
	case noTLS(err):
		return "it does not use TLS"
	case errors.As(err, &alert):
		return "it refused the TLS handshake"
	case errors.Is(err, errTooLong):
		return errTooLong.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "no response in time"
	}
	return "the connection failed"
}

func hint(err error) string {
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &authority):
		return "--ca-cert FILE trusts the authority that signed it"
	case noTLS(err):
		return "if the server uses plain http, set SQUIRE_SERVER=http://HOST:PORT"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "start squired there (squired serve), or set SQUIRE_SERVER to its address"
	}
	return "check SQUIRE_SERVER, and that squired responds: curl -sS $SQUIRE_SERVER/healthz"
}
