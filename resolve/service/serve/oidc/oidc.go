// Package oidc signs callers in without a shared secret: by JSON web tokens of
// OpenID Connect issuers, those of Kubernetes service accounts first. What a
// token says of its bearer is mapped to a scope by the rules of a file.
//
// Start at Read and New. The package promises that nothing but an unchanged,
// unexpired token of a configured issuer, for one of its audiences, and of a
// caller whom a rule names, signs in; and that no part of a token is in any
// error, reason or warning.
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
	maxToken   = 16 << 10 // bytes of a token's text
	remembered = 4096     // tokens that need not be verified again, each for at most
	rememberIt = time.Minute
)

// Config is what a Verifier works with.
type Config struct {
	Issuers []Issuer
	// Warn is told what the operator should know, such as keys that cannot be
	// fetched. Nil: nobody is.
	Warn func(string)

	Watch filewatch.Config // of jwks_file; its Paths are set here
	Now   func() time.Time // a seam for tests; nil: time.Now
}

// Identity is who has signed in.
type Identity struct {
	// Name is oidc:ISSUER:SUBJECT, for the audit trail: at most 256 bytes of
	// A-Z a-z 0-9 . _ - / @ : % ~, where %XX stands for another byte, and a
	// longer one ends in ~ and a hash.
	Name    string
	Scope   api.Scope
	Expires time.Time // of the token
}

// Verifier says who a token's bearer is. It is safe for concurrent use.
type Verifier struct {
	now     func() time.Time
	issuers map[string]*issuer

	mu   sync.Mutex
	seen *simplelru.LRU[[sha256.Size]byte, verified] // by hash of the token: its text is kept nowhere
}

// verified is a token that was good with the keys of a generation.
type verified struct {
	id         Identity
	issuer     *issuer
	generation uint64
	until      time.Time
}

// issuer is one of the configured, at work.
type issuer struct {
	Issuer
	keys   *keySet
	review *reviewer // nil: not asked for
}

// New begins to follow the key files; the error is an ErrInvalid. Issuers are
// asked for their keys at the first sign-in, so one that cannot be reached
// stops nothing but its own callers.
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
	seen, err := simplelru.NewLRU[[sha256.Size]byte, verified](remembered, nil)
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

// Close ends what runs in the background.
func (v *Verifier) Close() error {
	for _, i := range v.issuers {
		i.keys.close()
		if i.review != nil {
			i.review.endpoint.close()
		}
	}
	return nil
}

// Verify says who the bearer of the token is. The error is an ErrNoIdentity,
// or an ErrUnavailable where that cannot be found out now; Reason tells the
// operator more of either.
func (v *Verifier) Verify(ctx context.Context, raw string) (Identity, error) {
	if len(raw) > maxToken {
		return Identity{}, refuse("the token is of %d bytes, more than %d", len(raw), maxToken)
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
		return Identity{}, refuse("the token's issuer is not in the configuration")
	}
	if !slices.Contains(i.Algorithms, t.alg) {
		return Identity{}, refuse("the algorithm is none of those allowed for issuer %s", name)
	}
	keys, generation, err := i.keys.pick(ctx, t.alg, t.kid)
	if err != nil {
		return Identity{}, err
	}
	// The library checks the signature. Of the rest it is laxer than squire
	// (five minutes for nbf, claims that stand twice, two names for Google):
	// t.check does that again.
	good, err := oidc.NewVerifier(name, &oidc.StaticKeySet{PublicKeys: keys}, &oidc.Config{
		SupportedSigningAlgs: i.Algorithms, SkipClientIDCheck: true, SkipExpiryCheck: true,
	}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, refuse("the signature is not that of a key of issuer %s", name)
	}
	var payload json.RawMessage
	if err := good.Claims(&payload); err != nil || !bytes.Equal(payload, t.payload) {
		return Identity{}, refuse("the token reads in two ways")
	}
	expires, err := t.check(i.Audience, v.now())
	if err != nil {
		return Identity{}, err
	}
	scope, ok := i.scope(t.claims)
	if !ok {
		return Identity{}, refuse("no rule of issuer %s fits the token's claims", name)
	}
	sub, _ := t.claims["sub"].(string)
	id := Identity{Name: identityName(name, sub), Scope: scope, Expires: expires}
	if i.review != nil { // each time: that is what it is for
		if err := i.review.ask(ctx, raw, sub); err != nil {
			return Identity{}, err
		}
		return id.clone(), nil
	}
	v.remember(sum, verified{id, i, generation, v.now().Add(rememberIt)})
	return id.clone(), nil
}

// Recall says who the bearer of a token is that was verified within a minute.
func (v *Verifier) Recall(raw string) (Identity, bool) {
	if len(raw) > maxToken {
		return Identity{}, false
	}
	return v.recall(sha256.Sum256([]byte(raw)))
}

// recall spares a caller who comes often the checking of the signature. New
// keys end it, for an old one may have been withdrawn.
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

// clone gives each caller slices of its own.
func (id Identity) clone() Identity {
	id.Scope.Environments = slices.Clone(id.Scope.Environments)
	id.Scope.Names = slices.Clone(id.Scope.Names)
	return id
}
