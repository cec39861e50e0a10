// Package oidc signs callers in without a shared secret, by the JSON web tokens
// of OpenID Connect issuers: above all those of Kubernetes service accounts. The
// rules of a file map the claims of a token to a scope.
//
// Start with Read and New. The package promises that only an unmodified,
// unexpired token of a configured issuer signs in, if it is for one of that
// issuer's audiences and a rule matches its claims; and that no error, reason or
// warning contains any part of a token.
package oidc

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/filewatch"
)

const (
	maxToken  = 16 << 10 // bytes of an encoded token
	cacheSize = 4096     // verified tokens
	cacheFor  = time.Minute
)

// Config configures a Verifier.
type Config struct {
	Issuers []Issuer
	// Warn receives what the operator should know, such as keys that cannot be
	// fetched. Nil: warnings are dropped.
	Warn func(string)

	Watch filewatch.Config // how each jwks_file is watched; its Paths are set here
	Now   func() time.Time // for tests; nil: time.Now
}

// Identity describes a caller that has signed in.
type Identity struct {
	// Name is oidc:ISSUER:SUBJECT, for the audit trail: at most 256 bytes of
	// A-Z a-z 0-9 . _ - / @ : % ~. Other bytes are written as %XX; a longer name
	// is cut and ends with ~ and a hash.
	Name    string
	Scope   api.Scope
	Expires time.Time // of the token
}

// Verifier authenticates the bearers of tokens. It is safe for concurrent use.
type Verifier struct {
	now     func() time.Time
	issuers map[string]*issuer

	mu   sync.Mutex
	seen *simplelru.LRU[[sha256.Size]byte, verified] // by the hash of a token: no token is kept
}

// verified is the result for a token that was valid with one generation of keys.
type verified struct {
	id         Identity
	issuer     *issuer
	generation uint64
	until      time.Time
}

// issuer is a configured issuer with its current keys.
type issuer struct {
	Issuer
	keys   *keySet
	review *reviewer // nil: no token review
}

// New starts to watch the key files; its error is an ErrInvalid. Keys are
// fetched at the first sign-in, so an issuer that cannot be reached affects only
// its own callers.
func New(cfg Config) (*Verifier, error) {
	if cfg.Warn == nil {
		cfg.Warn = func(string) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := check(cfg.Issuers); err != nil {
		return nil, err
	}
	seen, err := simplelru.NewLRU[[sha256.Size]byte, verified](cacheSize, nil)
	if err != nil {
		return nil, err
	}
	v := &Verifier{now: cfg.Now, issuers: map[string]*issuer{}, seen: seen}
	for _, one := range cfg.Issuers {
		i := &issuer{Issuer: one.withDefaults()}
		if i.keys, err = newKeySet(i.Issuer, cfg); err != nil {
			_ = v.Close()
			return nil, err
		}
		if r := i.TokenReview; r != nil {
			i.review = &reviewer{url: r.address(), audiences: i.Audience, endpoint: &endpoint{caFile: r.CAFile, tokenFile: r.TokenFile}}
		}
		v.issuers[i.Issuer.Issuer] = i
	}
	return v, nil
}

// Close stops the background work.
func (v *Verifier) Close() error {
	for _, i := range v.issuers {
		i.keys.close()
		if i.review != nil {
			i.review.endpoint.close()
		}
	}
	return nil
}

// Verify authenticates the bearer of a token. The error is an ErrNoIdentity, or
// an ErrUnavailable if the token cannot be checked at the moment; Reason returns
// the details for the operator.
func (v *Verifier) Verify(ctx context.Context, raw string) (Identity, error) {
	if len(raw) > maxToken {
		return Identity{}, refuse("the token has %d bytes, and at most %d are allowed", len(raw), maxToken)
	}
	sum := sha256.Sum256([]byte(raw))
	if id, ok := v.recall(sum); ok {
		return id, nil
	}
	t, err := parseToken(raw)
	if err != nil {
		return Identity{}, err
	}
	name, _ := t.claims["iss"].(string)
	i := v.issuers[name]
	if i == nil {
		return Identity{}, refuse("the issuer of the token is not configured")
	}
	if !slices.Contains(i.Algorithms, t.alg) {
		return Identity{}, refuse("the algorithm of the token is not allowed for issuer %s", name)
	}
	keys, generation, err := i.keys.pick(ctx, t.alg, t.kid)
	if err != nil {
		return Identity{}, err
	}
	// The library checks the signature. For the other claims it is less strict
	// than squire (five minutes of leeway for nbf, duplicate claims, two names
	// for Google), so t.check checks them again.
	good, err := oidc.NewVerifier(name, &oidc.StaticKeySet{PublicKeys: keys}, &oidc.Config{
		SupportedSigningAlgs: i.Algorithms, SkipClientIDCheck: true, SkipExpiryCheck: true,
	}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, refuse("the signature was not made with a key of issuer %s", name)
	}
	var payload json.RawMessage
	if err := good.Claims(&payload); err != nil || !bytes.Equal(payload, t.payload) {
		return Identity{}, refuse("the claims of the token are ambiguous")
	}
	expires, err := t.check(i.Audience, v.now())
	if err != nil {
		return Identity{}, err
	}
	scope, ok := i.scope(t.claims)
	if !ok {
		return Identity{}, refuse("no rule of issuer %s matches the claims of the token", name)
	}
	sub, _ := t.claims["sub"].(string)
	id := Identity{Name: identityName(name, sub), Scope: scope, Expires: expires}
	if i.review != nil { // at every sign-in, or it would miss deletions
		if err := i.review.ask(ctx, raw, sub); err != nil {
			return Identity{}, err
		}
		return id.clone(), nil
	}
	v.remember(sum, verified{id, i, generation, v.now().Add(cacheFor)})
	return id.clone(), nil
}

// Recall returns the identity of a token that Verify has accepted within the
// last minute.
func (v *Verifier) Recall(raw string) (Identity, bool) {
	if len(raw) > maxToken {
		return Identity{}, false
	}
	return v.recall(sha256.Sum256([]byte(raw)))
}

// recall saves frequent callers the check of a signature. New keys invalidate
// what is cached, since an old key may have been withdrawn.
func (v *Verifier) recall(sum [sha256.Size]byte) (Identity, bool) {
	v.mu.Lock()
	seen, ok := v.seen.Get(sum)
	v.mu.Unlock()
	now := v.now()
	if !ok || !now.Before(seen.until) || !now.Before(seen.id.Expires) || seen.generation != seen.issuer.keys.generation.Load() {
		return Identity{}, false
	}
	return seen.id.clone(), true
}

func (v *Verifier) remember(sum [sha256.Size]byte, seen verified) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen.Add(sum, seen)
}

// clone copies the slices, so that no caller can change a cached scope.
func (id Identity) clone() Identity {
	id.Scope.Environments = slices.Clone(id.Scope.Environments)
	id.Scope.Names = slices.Clone(id.Scope.Names)
	return id
}
