// Package client is the named-secret service over HTTP: a client of squired.
// Start with New; a Client is an api.Service and an api.Admin.
//
// It promises: one deadline for a call with all its retries; a complete response
// that matches the request, or an error of package resolve; no token, value or
// query in any error; the token is sent to the configured server only, and never
// unencrypted over the network unless InsecureHTTP says so. The API stays
// compatible.
package client

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/atomicfile"
	"github.com/squire-env/squire/resolve/dotenv"
)

// Config says which server to use, and with which token.
type Config struct {
	// Server is its URL: https, or http if the server is on this machine. Required.
	Server string
	// Token is the bearer token. TokenFile, if given, is read for each request
	// instead: projected tokens rotate.
	Token     resolve.Value
	TokenFile string
	// CAFile has the certificates (PEM) to trust instead of those of the system.
	// "": those of the system.
	CAFile string
	// InsecureHTTP allows http to other machines.
	InsecureHTTP bool
	// Offline sends nothing: each call returns an *Unreachable immediately.
	Offline bool
	// Timeout limits a call whose context has no deadline. 0: 30 s.
	Timeout time.Duration
	// Warn is called when a call is retried for the first time. Nil: no warnings.
	Warn func(string)

	// testWait is a seam for tests: it replaces the wait before a retry.
	testWait func(time.Duration) time.Duration
}

// Client is safe for concurrent use.
type Client struct {
	cfg  Config
	base string // URL without a trailing slash
	http *retryablehttp.Client
}

var (
	_ api.Service = (*Client)(nil)
	_ api.Admin   = (*Client)(nil)
)

// New creates a client. It reads CAFile and nothing else, and sends nothing.
func New(c Config) (*Client, error) {
	base, err := checkURL(c.Server, c.InsecureHTTP)
	if err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,         // like curl; never for this machine
		ForceAttemptHTTP2:     strings.HasPrefix(base, "https:"), // its setup takes time, and http:// does not use it
		DisableCompression:    true,                              // responses are small, and decompression has no limit
		MaxIdleConnsPerHost:   2,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	if c.CAFile != "" {
		if transport.TLSClientConfig, err = trusting(c.CAFile); err != nil {
			return nil, err
		}
	}
	cl := &Client{cfg: c, base: base}
	cl.http = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport: &wholeAnswers{&withToken{transport, cl}},
			// A redirect would send the token elsewhere, and squired sends no redirects.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax:     maxTries - 1,
		CheckRetry:   cl.checkRetry,
		Backoff:      cl.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return cl, nil
}

// Server returns the server's URL in a canonical form, which a cache can use as a
// key.
func (c *Client) Server() string { return c.base }

// Close closes the idle connections.
func (c *Client) Close() error {
	c.http.HTTPClient.CloseIdleConnections()
	return nil
}

// checkURL returns the canonical form of a server's URL. Its errors do not show
// the URL: it may contain a password.
func checkURL(text string, insecure bool) (string, error) {
	bad := func(why string) (string, error) {
		return "", resolve.WithHint(fmt.Errorf("%w server URL: %s", resolve.ErrInvalid, why), "SQUIRE_SERVER=https://squired.example.com:7878")
	}
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return bad("want https://HOST[:PORT]")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return bad("it must not have a user, a query or a fragment")
	case u.Scheme == "http" && !insecure && !isLoopback(u.Hostname()):
		return "", resolve.WithHint(fmt.Errorf("%w server URL: http would send the token unencrypted over the network", resolve.ErrInvalid),
			"use https, or --insecure-http if something else encrypts the connection")
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"), nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func trusting(path string) (*tls.Config, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: --ca-cert: %w", resolve.ErrUnavailable, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w --ca-cert: %s contains no PEM certificate", resolve.ErrInvalid, path)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// token returns the current token; "" is none.
func (c *Client) token() (string, error) {
	if c.cfg.TokenFile == "" {
		return tokenOf(c.cfg.Token.Reveal(), "it")
	}
	b, err := readToken(c.cfg.TokenFile)
	if err == nil {
		err = dotenv.CheckUTF8(b, c.cfg.TokenFile)
	}
	if err != nil {
		return "", &tokenError{fmt.Errorf("%w: the token file: %w", resolve.ErrNoIdentity, err)}
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	text, err := tokenOf(string(b), "the token file "+c.cfg.TokenFile)
	if err == nil && text == "" {
		err = &tokenError{fmt.Errorf("%w: the token file %s is empty", resolve.ErrNoIdentity, c.cfg.TokenFile)}
	}
	return text, err
}

// readToken is os.ReadFile, which takes three times as many system calls.
func readToken(path string) ([]byte, error) {
	f, err := atomicfile.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, 0, 512)
	for {
		n, err := f.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		case len(b) == cap(b):
			b = slices.Grow(b, len(b))
		}
	}
}

// tokenOf trims a token: files and Kubernetes secrets end with a newline. A token
// that is not valid in a header is rejected here, and not shown.
func tokenOf(text, from string) (string, error) {
	text = strings.TrimSpace(text)
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return "", &tokenError{fmt.Errorf("%w: the token cannot be sent: %s contains more than a token", resolve.ErrNoIdentity, from)}
		}
	}
	return text, nil
}

// tokenError is not retried: the next try would fail in the same way.
type tokenError struct{ error }

func (e *tokenError) Unwrap() error { return e.error }

// withToken adds the token to each request, at each try.
type withToken struct {
	next   http.RoundTripper
	client *Client
}

func (w *withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := w.client.token()
	if err != nil {
		return nil, err
	}
	if token != "" {
		r = r.Clone(r.Context()) // a RoundTripper must not modify its request
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.next.RoundTrip(r)
}
