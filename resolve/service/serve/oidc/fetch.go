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
	fetchTimeout = 5 * time.Second // of a request, its redirects included
)

// Accept headers. A Kubernetes API server serves its key set as
// application/jwk-set+json only, and answers 406 to a request for plain JSON;
// other issuers serve theirs as plain JSON.
const (
	acceptJSON   = "application/json"
	acceptKeySet = "application/jwk-set+json, application/json"
)

// endpoint asks one party: an issuer, or an API server. Its files are read
// again when they change.
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
		if errors.As(err, &u) { // its own text may hold a redirect's target
			err = u.Err
		}
		return nil, fmt.Errorf("%s://%s: %w", r.URL.Scheme, r.URL.Host, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		return nil, fmt.Errorf("%s://%s answers status %d", r.URL.Scheme, r.URL.Host, answer.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = errors.New("too long")
	}
	if err != nil {
		return nil, fmt.Errorf("the answer of %s://%s: %w", r.URL.Scheme, r.URL.Host, err)
	}
	return b, nil
}

// current is a client that trusts what is in the CA file now.
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
			return nil, fmt.Errorf("%s holds no certificate", e.caFile)
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

// sameHost lets a redirect go nowhere else.
func sameHost(r *http.Request, via []*http.Request) error {
	if first := via[0].URL; r.URL.Scheme != first.Scheme || r.URL.Host != first.Host || len(via) > 3 || r.Method != via[0].Method {
		return errors.New("a redirect to elsewhere is not followed")
	}
	return nil
}

// source fetches the JSON of an issuer's keys, from jwks_url or from where the
// issuer says that they are.
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
			return nil, fmt.Errorf("the discovery document at %s://%s is not of this issuer, or names no keys", r.URL.Scheme, r.URL.Host)
		}
		at = document.JWKSURI
		// In a cluster the keys are at another host than the issuer; its CA
		// vouches for both. Elsewhere the bearer token stays at the issuer's.
		keys, err := url.Parse(at)
		trusted = err == nil && (i.CAFile != "" || keys.Host == r.URL.Host)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	return e.do(r, acceptKeySet, trusted)
}
