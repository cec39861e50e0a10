package oidc

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// leeway is how far the clock of the issuer may be ahead. It does not extend the
// expiry.
const leeway = time.Minute

// token is a well-formed token. Its content must not be trusted before its
// signature is verified.
type token struct {
	alg, kid string
	payload  []byte
	claims   claims
}

// parseToken accepts only the compact form with three parts, each in canonical
// base64url: a token has exactly one encoding.
func parseToken(raw string) (*token, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, refuse("the token has %d parts; a signed one has 3", len(parts))
	}
	var decoded [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil || base64.RawURLEncoding.EncodeToString(b) != p { // unused bits that are set, or line breaks
			return nil, refuse("the token is not valid base64url")
		}
		decoded[i] = b
	}
	header, err := parseClaims(decoded[0])
	if err != nil {
		return nil, refuse("the header of the token is invalid JSON")
	}
	t := &token{payload: decoded[1]}
	if t.alg, t.kid, err = readHeader(header); err != nil {
		return nil, err
	}
	if t.claims, err = parseClaims(t.payload); err != nil {
		return nil, refuse("the claims of the token are invalid JSON")
	}
	return t, nil
}

// readHeader rejects, instead of ignoring, parameters that bring a key or change
// how the token is read: no legitimate issuer sends them.
func readHeader(header claims) (alg, kid string, err error) {
	for _, name := range []string{"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"} {
		if _, there := header[name]; there {
			return "", "", refuse("the header of the token has %s, which is not allowed", name)
		}
	}
	alg, ok := header["alg"].(string)
	if !ok {
		return "", "", refuse("the header of the token has no algorithm")
	}
	if kid, ok = header["kid"].(string); !ok && header["kid"] != nil {
		return "", "", refuse("the key id of the token is not a string")
	}
	if typ, there := header["typ"]; there { // tokens for other purposes may be signed with the same key
		text, _ := typ.(string)
		text = strings.TrimPrefix(strings.ToLower(text), "application/")
		if !slices.Contains([]string{"jwt", "jose", "at+jwt"}, text) {
			return "", "", refuse("the type of the token is not JWT")
		}
	}
	return alg, kid, nil
}

// check checks the claims of a token whose signature is verified.
func (t *token) check(audiences []string, now time.Time) (expires time.Time, err error) {
	for name := range t.claims { // parsers that use encoding/json accept either case
		if low := strings.ToLower(name); low != name && slices.Contains([]string{"iss", "sub", "aud", "exp", "nbf", "iat"}, low) {
			return time.Time{}, refuse("the token has the claim %s in another case", low)
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
			return time.Time{}, refuse("%s of the token is missing or not a time", name)
		case name == "exp":
			if expires = at; !now.Before(at) {
				return time.Time{}, refuse("the token has expired")
			}
		case at.After(now.Add(leeway)):
			return time.Time{}, refuse("%s of the token is in the future; check the clocks of this machine and of the issuer", name)
		}
	}
	if !t.isFor(audiences) {
		return time.Time{}, refuse("the audience of the token is none of: %s", strings.Join(audiences, ", "))
	}
	if sub, _ := t.claims["sub"].(string); sub == "" {
		return time.Time{}, refuse("the token has no subject")
	}
	return expires, nil
}

// isFor reports whether one of the audiences of the token is ours. It may have
// others, as tokens of clusters often do.
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

// numericDate parses a number of seconds since 1970, up to the year 9999.
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
