package oidc

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	maxAnswer    = 1 << 20
	fetchTimeout = 5 * time.Second // for a request with its redirects
)

// Accept headers. A Kubernetes API server serves its key set as
// application/jwk-set+json only, and answers 406 to a request for plain JSON;
// other issuers serve theirs as plain JSON.
const (
	acceptJSON   = "application/json"
	acceptKeySet = "application/jwk-set+json, application/json"
)

// endpoint sends requests to an issuer or an API server. It reads its files for
// each request, so that a new CA or token is used at once.
type endpoint struct {
	caFile    string // "": the system's
	tokenFile string // "": no token

	mu     sync.Mutex
	ca     []byte // that client trusts
	client *http.Client
}

// do sends a request and returns the body of a response of status 200 or 201.
// No error contains any part of the body.
func (e *endpoint) do(r *http.Request, accept string, withToken bool) ([]byte, error) {
	client, err := e.current()
	if err != nil {
		return nil, err
	}
	if e.tokenFile != "" && withToken {
		b, err := readFile(e.tokenFile)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(b)))
	}
	r.Header.Set("Accept", accept)
	answer, err := client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // its own text may contain the target of a redirect
			err = u.Err
		}
		return nil, fmt.Errorf("%s://%s: %w", r.URL.Scheme, r.URL.Host, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		return nil, fmt.Errorf("%s://%s returned status %d", r.URL.Scheme, r.URL.Host, answer.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = fmt.Errorf("larger than %d bytes", maxAnswer)
	}
	if err != nil {
		return nil, fmt.Errorf("the response of %s://%s: %w", r.URL.Scheme, r.URL.Host, err)
	}
	return b, nil
}

// current returns a client that trusts the current content of the CA file.
func (e *endpoint) current() (*http.Client, error) {
	var ca []byte
	var pool *x509.CertPool // nil: the system's
	if e.caFile != "" {
		var err error
		if ca, err = readFile(e.caFile); err != nil {
			return nil, err
		}
		pool = x509.NewCertPool()
		if !pool.AppendCertsFromPEM(ca) {
			return nil, fmt.Errorf("%s contains no certificate", e.caFile)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.client == nil || !bytes.Equal(e.ca, ca) {
		if e.client != nil {
			e.client.CloseIdleConnections()
		}
		e.ca = ca
		e.client = &http.Client{Timeout: fetchTimeout, CheckRedirect: sameHost, Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second,
		}}
	}
	return e.client, nil
}

func (e *endpoint) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.client != nil {
		e.client.CloseIdleConnections()
	}
}

// sameHost allows redirects only to the same host, and only a few.
func sameHost(r *http.Request, via []*http.Request) error {
	if first := via[0].URL; r.URL.Scheme != first.Scheme || r.URL.Host != first.Host || len(via) > 3 || r.Method != via[0].Method {
		return errors.New("the redirect is not followed: only 3 to the same host are")
	}
	return nil
}

// source fetches the key set of an issuer, from jwks_url or from the URL in the
// issuer's discovery document.
func (i Issuer) source(ctx context.Context, e *endpoint) ([]byte, error) {
	at, trusted := i.JWKSURL, true
	if at == "" {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(i.Issuer, "/")+"/.well-known/openid-configuration", nil)
		if err != nil {
			return nil, err
		}
		b, err := e.do(r, acceptJSON, true)
		if err != nil {
			return nil, err
		}
		var document struct {
			Issuer  string `json:"issuer"`
			JWKSURI string `json:"jwks_uri"`
		}
		if json.Unmarshal(b, &document) != nil || document.Issuer != i.Issuer || !goodURL(document.JWKSURI) {
			return nil, fmt.Errorf("the discovery document at %s://%s is for another issuer or has no valid jwks_uri", r.URL.Scheme, r.URL.Host)
		}
		at = document.JWKSURI
		// In a cluster the keys are on another host than the issuer, and the
		// configured CA vouches for both. Without one, only the host of the issuer
		// gets the bearer token.
		keys, err := url.Parse(at)
		trusted = err == nil && (i.CAFile != "" || keys.Host == r.URL.Host)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	return e.do(r, acceptKeySet, trusted)
}
