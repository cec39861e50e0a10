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

// allAlgorithms have a public key. Those with a shared one (HS256) and with
// none are not to be had.
var allAlgorithms = [...]string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

func (i Issuer) withDefaults() Issuer {
	if len(i.Algorithms) == 0 {
		i.Algorithms = oneOrMore{"RS256", "ES256"}
	}
	return i
}

// check says all that is wrong with issuers.
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
			fault("it is the same as one before")
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
		fault("audience is missing: the one that tokens for squire are made for")
	}
	for _, a := range i.Algorithms {
		if !slices.Contains(allAlgorithms[:], a) {
			fault("algorithms: one is none of %s", strings.Join(allAlgorithms[:], ", "))
		}
	}
	switch {
	case i.JWKSURL != "" && i.JWKSFile != "":
		fault("jwks_url and jwks_file: only one can count")
	case i.JWKSURL != "":
		if !goodURL(i.JWKSURL) {
			fault("jwks_url is no https URL")
		}
	case i.JWKSFile == "" && !goodURL(i.Issuer):
		fault("issuer is no https URL, so jwks_url or jwks_file must say where its keys are")
	}
	if i.TokenReview != nil && !goodURL(i.TokenReview.URL) {
		fault("token_review: url is missing, or no https URL")
	}
	if len(i.Rules) == 0 {
		fault("rules are missing: nobody could sign in")
	}
}

func (r Rule) check(fault func(string, ...any)) {
	if len(r.Claims) == 0 {
		fault("claims are missing: every token of the issuer would fit")
	}
	for path, pattern := range r.Claims {
		if path == "" || pattern == "" || len(path)+len(pattern) > 2048 {
			fault("claims: a name or a pattern is empty or too long")
		}
	}
	if !slices.Contains([]api.Role{api.RoleResolveOnly, api.RoleReader, api.RoleWriter, api.RoleAdmin}, r.Role) {
		fault("role is none of resolve-only, reader, writer, admin")
	}
	for field, patterns := range map[string][]string{"environments": r.Environments, "names": r.Names} {
		if len(patterns) == 0 {
			fault(`%s are missing; all is ["*"]`, field)
		}
		for _, p := range patterns {
			if api.CheckPattern(p) != nil {
				fault("%s: one is no pattern: want 1 to 64 of A-Z a-z 0-9 . _ - *", field)
			}
		}
	}
}

// goodURL is of https, or of a server on this machine; and without a
// password, since it is told in warnings.
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

// address is where a review is asked for.
func (r Review) address() string {
	if u, err := url.Parse(r.URL); err == nil && strings.Trim(u.Path, "/") == "" {
		return strings.TrimRight(r.URL, "/") + "/apis/authentication.k8s.io/v1/tokenreviews"
	}
	return r.URL
}
