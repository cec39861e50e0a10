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

// unreachable is the error of a call without an answer. The texts of net/http
// hold URLs, headers and what a server sent; only what is known to be harmless
// is repeated.
func (c *Client) unreachable(ctx context.Context, state *call, err error) error {
	var token *tokenError
	if errors.As(err, &token) {
		return resolve.WithHint(token.error, "set SQUIRE_TOKEN_FILE to a file that holds a token, or SQUIRE_TOKEN")
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	if state.refusal != nil { // it was reached, and is busy
		return fmt.Errorf("%w; gave up after %s", state.refusal, tries(state.tries))
	}
	if state.last != nil {
		err = state.last
	}
	took := time.Since(state.started).Round(10 * time.Millisecond)
	fault := fmt.Errorf("%w: cannot reach %s after %s in %s: %s", resolve.ErrUnavailable, c.base, tries(state.tries), took, reason(err))
	if ctx.Err() != nil {
		fault = fmt.Errorf("%w; gave up at the timeout", fault)
	}
	return resolve.WithHint(&Unreachable{fault}, "%s", hint(err))
}

// Unreachable is the error of a server that gave no answer of its own: an earlier
// answer may be used instead. It is a resolve.ErrUnavailable.
type Unreachable struct{ error }

func (u *Unreachable) Unwrap() error { return u.error }

func tries(n int) string {
	if n <= 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

// passing says whether a failure may be gone at the next try.
func passing(err error) bool {
	var token *tokenError
	var certificate *tls.CertificateVerificationError
	return !errors.As(err, &token) && !errors.As(err, &certificate) && !noTLS(err) && !errors.Is(err, errTooLong)
}

// noTLS is true of a server that answers a TLS handshake without TLS.
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
		return "the connection was closed before the whole answer had come"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no route to it"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "its name is not known"
	case errors.As(err, &dns):
		return "its name cannot be looked up"
	case errors.As(err, &authority):
		return "its certificate is signed by nobody that is trusted here"
	case errors.As(err, &hostname):
		return "its certificate is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or is not valid yet"
	case errors.As(err, &invalid):
		return "its certificate is not valid"
	case noTLS(err):
		return "it does not speak TLS there"
	case errors.As(err, &alert):
		return "it refused the TLS handshake"
	case errors.Is(err, errTooLong):
		return errTooLong.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "no answer in time"
	}
	return "the connection failed"
}

func hint(err error) string {
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &authority):
		return "--ca-cert FILE names the certificate that signed it"
	case noTLS(err):
		return "is it http://? set SQUIRE_SERVER"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "is squired running there? squired serve"
	}
	return "check SQUIRE_SERVER, and that squired answers: curl -sS $SQUIRE_SERVER/healthz"
}
