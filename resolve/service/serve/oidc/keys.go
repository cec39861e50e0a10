package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

const (
	betweenFetches = 5 * time.Second  // at least, so that made-up key ids do not cause a flood of fetches
	freshFor       = 10 * time.Minute // then keys are fetched again, and used meanwhile
	goodFor        = 24 * time.Hour   // then keys are not used even if the issuer cannot be reached
	maxKeys        = 100
)

// keySet holds the keys of one issuer.
type keySet struct {
	issuer string
	now    func() time.Time
	warn   func(string)

	generation atomic.Uint64 // incremented with each change of the keys

	mu        sync.Mutex
	keys      []jose.JSONWebKey
	fetched   time.Time     // zero: never
	nextFetch time.Time     // no fetch before
	fetching  chan struct{} // closed when the fetch ends; nil: no fetch is in progress

	fetch    func(context.Context) ([]byte, error) // nil: the keys come from a file
	endpoint *endpoint
	watch    *filewatch.Watcher
	stop     context.CancelFunc
	ctx      context.Context // of the background work
	running  sync.WaitGroup
}

func newKeySet(i Issuer, cfg Config) (*keySet, error) {
	k := &keySet{issuer: i.Issuer, now: cfg.Now, warn: cfg.Warn}
	k.ctx, k.stop = context.WithCancel(context.Background())
	if i.JWKSFile == "" {
		k.endpoint = &endpoint{caFile: i.CAFile, tokenFile: i.TokenFile}
		k.fetch = func(ctx context.Context) ([]byte, error) { return i.source(ctx, k.endpoint) }
		return k, nil
	}
	var err error
	settings := cfg.Watch
	settings.Paths = []string{i.JWKSFile}
	if k.watch, err = filewatch.New(settings); err != nil {
		return nil, err
	}
	if err := k.read(i.JWKSFile); err != nil {
		k.close()
		return nil, fmt.Errorf("%w jwks_file of issuer %s: %w", resolve.ErrInvalid, i.Issuer, err)
	}
	k.running.Go(func() {
		for range k.watch.Changes() {
			if err := k.read(i.JWKSFile); err != nil {
				k.warn(fmt.Sprintf("jwks_file of issuer %s: %v; keeping the old keys", i.Issuer, err))
			}
		}
	})
	return k, nil
}

func (k *keySet) close() {
	k.stop()
	if k.watch != nil {
		_ = k.watch.Close()
	}
	k.mu.Lock() // no fetch starts after this
	k.fetch = nil
	k.mu.Unlock()
	k.running.Wait()
	if k.endpoint != nil {
		k.endpoint.close()
	}
}

func (k *keySet) read(path string) error {
	b, err := readFile(path)
	if err != nil {
		return err
	}
	return k.use(b)
}

// pick returns the keys that may have signed a token with this header: those
// with its key id, or all if it has none. It waits for a fetch only if no key
// matches.
func (k *keySet) pick(ctx context.Context, alg, kid string) ([]crypto.PublicKey, uint64, error) {
	for waited := false; ; waited = true {
		k.mu.Lock()
		remote, age := k.watch == nil, k.now().Sub(k.fetched)
		have := !remote || !k.fetched.IsZero() && age < goodFor
		var fitting []crypto.PublicKey
		if have {
			fitting = k.fitting(alg, kid)
		}
		var end chan struct{}
		if remote && (len(fitting) == 0 && !waited || age >= freshFor) {
			end = k.begin()
		}
		generation := k.generation.Load()
		k.mu.Unlock()
		switch {
		case len(fitting) > 0:
			return fitting, generation, nil
		case end != nil && !waited:
			select {
			case <-end:
				continue
			case <-ctx.Done():
				return nil, 0, ctx.Err()
			}
		case !have:
			return nil, 0, unavailable("the keys of issuer %s cannot be fetched", k.issuer)
		}
		return nil, 0, refuse("no key of issuer %s has the token's key id and algorithm", k.issuer)
	}
}

// fitting must be called with the lock held.
func (k *keySet) fitting(alg, kid string) (keys []crypto.PublicKey) {
	for _, key := range k.keys {
		if (kid == "" || key.KeyID == kid) && (key.Algorithm == "" || key.Algorithm == alg) && suits(alg, key.Key) {
			keys = append(keys, key.Key)
		}
	}
	return keys
}

// begin starts a fetch, or joins the one in progress; it returns nil if it is too
// early for another. It must be called with the lock held.
func (k *keySet) begin() chan struct{} {
	if k.fetching != nil || k.fetch == nil || k.now().Before(k.nextFetch) {
		return k.fetching
	}
	end, fetch := make(chan struct{}), k.fetch
	k.fetching = end
	k.running.Go(func() {
		defer close(end)
		ctx, cancel := context.WithTimeout(k.ctx, 2*fetchTimeout)
		defer cancel()
		b, err := fetch(ctx)
		if err == nil {
			err = k.use(b)
		}
		if err != nil && k.ctx.Err() == nil {
			k.warn(fmt.Sprintf("the keys of issuer %s cannot be fetched: %v", k.issuer, err))
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.fetching, k.nextFetch = nil, k.now().Add(betweenFetches)
	})
	return end
}

// use replaces the keys by those of a JSON Web Key Set, or fails and keeps them.
func (k *keySet) use(b []byte) error {
	keys, err := parseKeys(b)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.fetched = keys, k.now()
	k.generation.Add(1)
	return nil
}

// parseKeys skips keys that are not for signatures or of an unknown type: a key
// set may contain such keys.
func parseKeys(b []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(b, &set) != nil {
		return nil, errors.New("not a JSON Web Key Set")
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && (key.Use == "" || key.Use == "sig") && usable(key.Key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no usable public key in the JSON Web Key Set (an RSA key needs 2048 to 8192 bits)")
	}
	return keys, nil
}

func usable(key crypto.PublicKey) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= 2048 && key.N.BitLen() <= 8192
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// suits reports whether a key has the type that the algorithm needs.
func suits(alg string, key crypto.PublicKey) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return alg == map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[key.Curve.Params().Name]
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}
