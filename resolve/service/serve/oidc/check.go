package oidc

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// allAlgorithms sign with a private key. Algorithms with a shared secret (HS256),
// and none, are not supported.
var allAlgorithms = [...]string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

func (i Issuer) withDefaults() Issuer {
	if len(i.Algorithms) == 0 {
		i.Algorithms = oneOrMore{"RS256", "ES256"}
	}
	return i
}

// check reports every error in the issuers.
func check(issuers []Issuer) error {
	if len(issuers) == 0 {
		return fmt.Errorf("%w: no issuers", resolve.ErrInvalid)
	}
	var faults []error
	seen := map[string]bool{}
	for n, i := range issuers {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("%w issuer %d: %s", resolve.ErrInvalid, n+1, fmt.Sprintf(format, args...)))
		}
		if seen[i.Issuer] {
			fault("duplicate of an earlier issuer")
		}
		seen[i.Issuer] = true
		i.check(fault)
		for r, rule := range i.Rules {
			rule.check(func(format string, args ...any) { fault("rule %d: %s", r+1, fmt.Sprintf(format, args...)) })
		}
	}
	return errors.Join(faults...)
}

func (i Issuer) check(fault func(string, ...any)) {
	if i.Issuer == "" || len(i.Issuer) > 1024 {
		fault("issuer is missing or too long")
	}
	if len(i.Audience) == 0 || slices.Contains(i.Audience, "") {
		fault("audience is missing: the audience of the tokens that are made for squire")
	}
	for _, a := range i.Algorithms {
		if !slices.Contains(allAlgorithms[:], a) {
			fault("algorithms: unknown algorithm; want %s", strings.Join(allAlgorithms[:], ", "))
		}
	}
	switch {
	case i.JWKSURL != "" && i.JWKSFile != "":
		fault("jwks_url and jwks_file cannot both be set")
	case i.JWKSURL != "":
		if !goodURL(i.JWKSURL) {
			fault("jwks_url is not an https URL")
		}
	case i.JWKSFile == "" && !goodURL(i.Issuer):
		fault("issuer is not an https URL, so jwks_url or jwks_file is required")
	}
	if i.TokenReview != nil && !goodURL(i.TokenReview.URL) {
		fault("token_review: url is missing or not an https URL")
	}
	if len(i.Rules) == 0 {
		fault("rules are missing: without a rule nobody can sign in")
	}
}

func (r Rule) check(fault func(string, ...any)) {
	if len(r.Claims) == 0 {
		fault("claims are missing: the rule would match every token of the issuer")
	}
	for path, pattern := range r.Claims {
		if path == "" || pattern == "" || len(path)+len(pattern) > 2048 {
			fault("claims: a name or a pattern is empty or too long")
		}
	}
	if !slices.Contains([]api.Role{api.RoleResolveOnly, api.RoleReader, api.RoleWriter, api.RoleAdmin}, r.Role) {
		fault("role: want resolve-only, reader, writer or admin")
	}
	for field, patterns := range map[string][]string{"environments": r.Environments, "names": r.Names} {
		if len(patterns) == 0 {
			fault(`%s are missing; ["*"] allows all`, field)
		}
		for _, p := range patterns {
			if api.CheckPattern(p) != nil {
				fault("%s: invalid pattern: want 1 to 64 of A-Z a-z 0-9 . _ - *", field)
			}
		}
	}
}

// goodURL accepts https, and http to this machine. It rejects a URL with a
// password, since URLs appear in warnings.
func goodURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// address returns the URL for token reviews. A url without a path is that of the
// API server.
func (r Review) address() string {
	if u, err := url.Parse(r.URL); err == nil && strings.Trim(u.Path, "/") == "" {
		return strings.TrimRight(r.URL, "/") + "/apis/authentication.k8s.io/v1/tokenreviews"
	}
	return r.URL
}
