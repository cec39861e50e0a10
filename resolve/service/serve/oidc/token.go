package oidc

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// leeway is how far the issuer's clock may be ahead. An expiry has none.
const leeway = time.Minute

// token is one that is well formed. Nothing of it is to be believed before its
// signature is.
type token struct {
	alg, kid string
	payload  []byte
	claims   claims
}

// parseToken reads the compact form, of three parts, and no other: one text a
// token, so each part is in the one canonical base64url form.
func parseToken(raw string) (*token, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, refuse("the token has %d parts, and a signed one has 3", len(parts))
	}
	var decoded [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil || base64.RawURLEncoding.EncodeToString(b) != p { // loose last bits, line ends
			return nil, refuse("the token is not in base64url")
		}
		decoded[i] = b
	}
	header, err := parseClaims(decoded[0])
	if err != nil {
		return nil, refuse("the token's header is no good JSON")
	}
	t := &token{payload: decoded[1]}
	if t.alg, t.kid, err = readHeader(header); err != nil {
		return nil, err
	}
	if t.claims, err = parseClaims(t.payload); err != nil {
		return nil, refuse("the token's claims are no good JSON")
	}
	return t, nil
}

// readHeader refuses what brings a key of its own, or wants to be understood
// in a special way, instead of ignoring it: no issuer in earnest writes that.
func readHeader(header claims) (alg, kid string, err error) {
	for _, name := range []string{"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"} {
		if _, there := header[name]; there {
			return "", "", refuse("the token's header has %s, which is not allowed", name)
		}
	}
	alg, ok := header["alg"].(string)
	if !ok {
		return "", "", refuse("the token's header has no algorithm")
	}
	if kid, ok = header["kid"].(string); !ok && header["kid"] != nil {
		return "", "", refuse("the id of the token's key is no text")
	}
	if typ, there := header["typ"]; there { // tokens of another purpose may be signed with the same key
		text, _ := typ.(string)
		text = strings.TrimPrefix(strings.ToLower(text), "application/")
		if !slices.Contains([]string{"jwt", "jose", "at+jwt"}, text) {
			return "", "", refuse("the token is of another type than JWT")
		}
	}
	return alg, kid, nil
}

// check judges the claims of a token whose signature is good.
func (t *token) check(audiences []string, now time.Time) (expires time.Time, err error) {
	for name := range t.claims { // encoding/json, which many a reader is made of, takes either
		if low := strings.ToLower(name); low != name && slices.Contains([]string{"iss", "sub", "aud", "exp", "nbf", "iat"}, low) {
			return time.Time{}, refuse("the token has a claim %s in another case", low)
		}
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		claim, there := t.claims[name]
		if !there && name != "exp" {
			continue
		}
		at, ok := numericDate(claim)
		switch {
		case !ok:
			return time.Time{}, refuse("the token's %s is missing, or no time", name)
		case name == "exp":
			if expires = at; !now.Before(at) {
				return time.Time{}, refuse("the token is expired")
			}
		case at.After(now.Add(leeway)):
			return time.Time{}, refuse("the token's %s is in the future: is a clock wrong?", name)
		}
	}
	if !t.isFor(audiences) {
		return time.Time{}, refuse("the token is for another audience than %s", strings.Join(audiences, ", "))
	}
	if sub, _ := t.claims["sub"].(string); sub == "" {
		return time.Time{}, refuse("the token has no subject")
	}
	return expires, nil
}

// isFor says whether one of the token's audiences is ours. It may have others:
// a cluster's tokens often do.
func (t *token) isFor(ours []string) bool {
	switch aud := t.claims["aud"].(type) {
	case string:
		return slices.Contains(ours, aud)
	case []any:
		found := false
		for _, one := range aud {
			text, ok := one.(string)
			if !ok {
				return false
			}
			found = found || slices.Contains(ours, text)
		}
		return found
	}
	return false
}

// numericDate reads seconds since 1970, as a number, up to the year 9999.
func numericDate(claim any) (time.Time, bool) {
	n, ok := claim.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := n.Float64()
	if err != nil || seconds < 0 || seconds > 253402300799 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}
