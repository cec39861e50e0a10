package oidc

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// stage is two issuers, each with a key of its own under the same id.
func stage(t testing.TB) (v *Verifier, main, second *idp, c *clock) {
	t.Helper()
	k := keyring()
	main = newIDP(t, jwk("k1", k.rsa.Public()), jwk("k2", k.ec.Public()), jwk("k3", k.ed.Public()))
	second = newIDP(t, jwk("k1", k.other.Public()))
	c = newClock()
	i := func(p *idp) Issuer {
		return Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, CAFile: p.caFile, Rules: shopRules()}
	}
	return open(t, c, nil, i(main), i(second)), main, second, c
}

func TestForgeries(t *testing.T) {
	v, main, second, c := stage(t)
	k, now := keyring(), c.now()
	const rs = `{"alg":"RS256","kid":"k1","typ":"JWT"}`
	good := sign("RS256", k.rsa, rs, with(main.URL, now, nil))
	claims := func(changes map[string]any) string { return sign("RS256", k.rsa, rs, with(main.URL, now, changes)) }
	header := func(h string) string { return sign("RS256", k.rsa, h, with(main.URL, now, nil)) }
	raw := func(payload string) string { return sign("RS256", k.rsa, rs, payload) }
	der, err := x509.MarshalPKIXPublicKey(k.rsa.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	parts := strings.Split(good, ".")
	flip := func(part int, at int) string {
		p := append([]string{}, parts...)
		b, _ := base64.RawURLEncoding.DecodeString(p[part])
		b[at] ^= 1
		p[part] = b64(b)
		return strings.Join(p, ".")
	}
	ownKey, err := json.Marshal(jwk("k1", k.other.Public()))
	if err != nil {
		t.Fatal(err)
	}
	goodClaims := with(main.URL, now, nil)
	general := fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, parts[1], parts[0], parts[2])

	for name, token := range map[string]string{
		"alg none":                    sign("none", nil, `{"alg":"none","kid":"k1"}`, goodClaims),
		"alg None":                    sign("none", nil, `{"alg":"None","kid":"k1"}`, goodClaims),
		"alg none with a signature":   parts[0][:0] + b64([]byte(`{"alg":"none","kid":"k1"}`)) + "." + parts[1] + "." + parts[2],
		"HS256 with the public PEM":   sign("HS256", publicPEM, `{"alg":"HS256","kid":"k1"}`, goodClaims),
		"HS256 with the trimmed PEM":  sign("HS256", bytes.TrimSpace(publicPEM), `{"alg":"HS256","kid":"k1"}`, goodClaims),
		"HS256 with the public DER":   sign("HS256", der, `{"alg":"HS256","kid":"k1"}`, goodClaims),
		"an algorithm not allowed":    sign("PS256", k.rsa, `{"alg":"PS256","kid":"k1"}`, goodClaims),
		"EdDSA not allowed":           sign("EdDSA", k.ed, `{"alg":"EdDSA","kid":"k3"}`, goodClaims),
		"algorithm of another key":    sign("RS256", k.rsa, `{"alg":"ES256","kid":"k1"}`, goodClaims),
		"signed otherwise than said":  sign("PS256", k.rsa, rs, goodClaims),
		"no alg":                      header(`{"kid":"k1"}`),
		"alg twice":                   header(`{"alg":"RS256","kid":"k1","alg":"RS256"}`),
		"alg a number":                header(`{"alg":256,"kid":"k1"}`),
		"wrong issuer":                claims(map[string]any{"iss": "https://evil.example"}),
		"issuer with a slash":         claims(map[string]any{"iss": main.URL + "/"}),
		"issuer in upper case":        claims(map[string]any{"iss": strings.ToUpper(main.URL)}),
		"issuer without https":        claims(map[string]any{"iss": strings.TrimPrefix(main.URL, "https://")}),
		"issuers in a list":           claims(map[string]any{"iss": []string{main.URL}}),
		"no issuer":                   claims(map[string]any{"iss": nil}),
		"ISS beside iss":              claims(map[string]any{"ISS": second.URL}),
		"ISS instead of iss":          claims(map[string]any{"iss": nil, "ISS": main.URL}),
		"no audience":                 claims(map[string]any{"aud": nil}),
		"empty audience":              claims(map[string]any{"aud": ""}),
		"empty list of audiences":     claims(map[string]any{"aud": []string{}}),
		"wrong audience":              claims(map[string]any{"aud": "vault"}),
		"part of the audience":        claims(map[string]any{"aud": "squire2"}),
		"audience as pattern":         claims(map[string]any{"aud": "*"}),
		"wrong audiences":             claims(map[string]any{"aud": []string{"vault", "SQUIRE", "squire "}}),
		"audiences of two kinds":      claims(map[string]any{"aud": []any{"squire", 1}}),
		"audience an object":          claims(map[string]any{"aud": map[string]any{"squire": true}}),
		"expired":                     claims(map[string]any{"exp": now.Add(-time.Second).Unix()}),
		"expires now":                 claims(map[string]any{"exp": now.Unix()}),
		"no exp":                      claims(map[string]any{"exp": nil}),
		"exp null":                    raw(strings.Replace(goodClaims, `"exp":`, `"exp":null,"e":`, 1)),
		"exp as string":               claims(map[string]any{"exp": fmt.Sprint(now.Add(time.Hour).Unix())}),
		"exp too large":               raw(strings.Replace(goodClaims, `"exp":`, `"exp":1e300,"e":`, 1)),
		"exp larger than any float":   raw(strings.Replace(goodClaims, `"exp":`, `"exp":1e999,"e":`, 1)),
		"exp negative":                claims(map[string]any{"exp": -1}),
		"nbf in the future":           claims(map[string]any{"nbf": now.Add(leeway + time.Second).Unix()}),
		"nbf as string":               claims(map[string]any{"nbf": "0"}),
		"nbf null":                    raw(strings.Replace(goodClaims, `"nbf":`, `"nbf":null,"n":`, 1)),
		"iat in the future":           claims(map[string]any{"iat": now.Add(leeway + time.Second).Unix()}),
		"wrong kid":                   header(`{"alg":"RS256","kid":"k9"}`),
		"empty kid and wrong key":     sign("RS256", k.other, `{"alg":"RS256"}`, goodClaims),
		"kid of another key":          header(`{"alg":"RS256","kid":"k2"}`),
		"kid a number":                header(`{"alg":"RS256","kid":1}`),
		"kid a path":                  header(`{"alg":"RS256","kid":"../../k1"}`),
		"key of another issuer":       sign("RS256", k.other, rs, goodClaims),
		"issuer of another key":       sign("RS256", k.rsa, rs, with(second.URL, now, nil)),
		"tampered header":             flip(0, 3),
		"tampered payload":            parts[0] + "." + b64([]byte(strings.Replace(goodClaims, ":web", ":adm", 1))) + "." + parts[2],
		"tampered signature":          flip(2, 0),
		"tampered end of signature":   flip(2, 255),
		"signature of another token":  parts[0] + "." + parts[1] + "." + strings.Split(claims(map[string]any{"jti": "1"}), ".")[2],
		"no signature":                parts[0] + "." + parts[1] + ".",
		"truncated":                   good[:len(good)-1],
		"truncated by much":           good[:len(good)/2],
		"two parts":                   parts[0] + "." + parts[1],
		"four parts":                  good + ".x",
		"five parts":                  strings.Join([]string{b64([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM","kid":"k1"}`)), "a", "b", "c", "d"}, "."),
		"JSON serialization":          general,
		"padding":                     good + "==",
		"a line end inside":           good[:10] + "\n" + good[10:],
		"a line end after":            good + "\n",
		"a blank before":              " " + good,
		"standard alphabet":           parts[0] + "." + parts[1] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(parts[2]) + "+",
		"sub twice":                   raw(strings.Replace(goodClaims, `"sub":`, `"sub":"system:serviceaccount:shop:admin","sub":`, 1)),
		"sub twice, escaped":          raw(strings.Replace(goodClaims, `"sub":`, `"s\u0075b":"system:serviceaccount:shop:admin","sub":`, 1)),
		"inner claim twice":           raw(strings.Replace(goodClaims, `"namespace":`, `"namespace":"a","namespace":`, 1)),
		"text after the claims":       raw(goodClaims + "{}"),
		"claims in a list":            raw("[" + goodClaims + "]"),
		"claims null":                 raw("null"),
		"claims empty":                raw(""),
		"not UTF-8":                   raw(strings.Replace(goodClaims, ":web", ":\xff", 1)),
		"half a surrogate":            raw(strings.Replace(goodClaims, ":web", `:\ud800`, 1)),
		"jwk":                         sign("RS256", k.other, fmt.Sprintf(`{"alg":"RS256","jwk":%s}`, ownKey), goodClaims),
		"jwk with a kid":              sign("RS256", k.other, fmt.Sprintf(`{"alg":"RS256","kid":"k1","jwk":%s}`, ownKey), goodClaims),
		"jku":                         sign("RS256", k.other, fmt.Sprintf(`{"alg":"RS256","kid":"k1","jku":%q}`, second.URL+"/keys"), goodClaims),
		"jku with the good key":       header(fmt.Sprintf(`{"alg":"RS256","kid":"k1","jku":%q}`, second.URL+"/keys")),
		"x5u":                         header(`{"alg":"RS256","kid":"k1","x5u":"https://evil.example"}`),
		"x5c":                         header(`{"alg":"RS256","kid":"k1","x5c":["AAAA"]}`),
		"crit":                        header(`{"alg":"RS256","kid":"k1","crit":["exp"],"exp":0}`),
		"crit b64":                    header(`{"alg":"RS256","kid":"k1","crit":["b64"],"b64":false}`),
		"zip":                         header(`{"alg":"RS256","kid":"k1","zip":"DEF"}`),
		"another type":                header(`{"alg":"RS256","kid":"k1","typ":"logout+jwt"}`),
		"type no text":                header(`{"alg":"RS256","kid":"k1","typ":1}`),
		"1 MB":                        claims(map[string]any{"pad": strings.Repeat("a", 1<<20)}),
		"a byte too long":             good + strings.Repeat("A", maxToken+1-len(good)),
		"1 MB of dots":                strings.Repeat(".", 1<<20),
		"16 KB of dots":               strings.Repeat(".", maxToken),
		"deep JSON":                   raw(strings.Replace(goodClaims, `"nbf":`, `"deep":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`,"nbf":`, 1)),
		"deep header":                 header(`{"alg":"RS256","kid":"k1","deep":` + strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat("}", 101)),
		"empty sub":                   claims(map[string]any{"sub": ""}),
		"no sub":                      claims(map[string]any{"sub": nil}),
		"sub a list":                  claims(map[string]any{"sub": []string{"system:serviceaccount:shop:web"}}),
		"sub a pattern":               claims(map[string]any{"sub": "*"}),
		"sub the rule's pattern less": claims(map[string]any{"sub": "system:serviceaccount:*:web"}),
		"sub of another namespace":    claims(map[string]any{"sub": "system:serviceaccount:shop2:web"}),
		"sub with a prefix":           claims(map[string]any{"sub": "x system:serviceaccount:shop:web"}),
		"sub after a line end":        claims(map[string]any{"sub": "x\nsystem:serviceaccount:shop:web"}),
		"sub of look-alikes":          claims(map[string]any{"sub": "system:serviceaccount:ѕhop:web"}),
		"sub in upper case":           claims(map[string]any{"sub": "SYSTEM:SERVICEACCOUNT:SHOP:web"}),
		"sub with a zero width":       claims(map[string]any{"sub": "system:serviceaccount:shop\u200b:web"}),
		"sub in wide letters":         claims(map[string]any{"sub": "system:serviceaccount：shop:web"}),
		"sub with NUL":                claims(map[string]any{"sub": "system:serviceaccount\x00:shop:web"}),
		"Sub instead of sub":          claims(map[string]any{"sub": nil, "Sub": "system:serviceaccount:shop:web"}),
		"empty":                       "",
		"no token":                    "squire_c4nary",
	} {
		id, err := v.Verify(context.Background(), token)
		if !errors.Is(err, resolve.ErrNoIdentity) || errors.Is(err, resolve.ErrUnavailable) || !cmp.Equal(id, Identity{}) {
			t.Errorf("%s: signed in as %+v, %v", name, id, err)
			continue
		}
		if err.Error() != "not signed in: the token is not accepted" || Reason(err) == "" {
			t.Errorf("%s: %q, because %q", name, err, Reason(err))
		}
		hidesToken(t, err.Error()+Reason(err), token)
	}
	if _, err := v.Verify(context.Background(), good); err != nil {
		t.Errorf("the good one: %v, because %s", err, Reason(err))
	}
}

func TestGoodTokens(t *testing.T) {
	k := keyring()
	p := newIDP(t, jwk("k1", k.rsa.Public()), jwk("k2", k.ec.Public()), jwk("k3", k.ed.Public()))
	c := newClock()
	v := open(t, c, nil, Issuer{Issuer: p.URL, Audience: oneOrMore{"squire", "squire-2"}, CAFile: p.caFile, Rules: shopRules(), Algorithms: oneOrMore{"RS256", "ES256", "PS256", "EdDSA"}})
	now := c.now()
	const rs = `{"alg":"RS256","kid":"k1"}`
	claims := func(changes map[string]any) string { return sign("RS256", k.rsa, rs, with(p.URL, now, changes)) }
	for name, token := range map[string]string{
		"RS256":             claims(nil),
		"ES256":             sign("ES256", k.ec, `{"alg":"ES256","kid":"k2"}`, with(p.URL, now, nil)),
		"PS256":             sign("PS256", k.rsa, `{"alg":"PS256","kid":"k1"}`, with(p.URL, now, nil)),
		"EdDSA":             sign("EdDSA", k.ed, `{"alg":"EdDSA","kid":"k3","typ":"JWT"}`, with(p.URL, now, nil)),
		"no kid":            sign("RS256", k.rsa, `{"alg":"RS256"}`, with(p.URL, now, nil)),
		"access token":      sign("RS256", k.rsa, `{"alg":"RS256","kid":"k1","typ":"at+jwt","x5t":"AAAA"}`, with(p.URL, now, nil)),
		"a second audience": claims(map[string]any{"aud": []string{"https://kubernetes.default.svc", "squire-2"}}),
		"within the leeway": claims(map[string]any{"nbf": now.Add(leeway).Unix(), "iat": now.Add(leeway).Unix()}),
		"exp with a dot":    sign("RS256", k.rsa, rs, strings.Replace(with(p.URL, now, nil), `"exp":`, fmt.Sprintf(`"exp":%d.0,"e":`, now.Add(time.Hour).Unix()), 1)),
		"no nbf, no iat":    claims(map[string]any{"nbf": nil, "iat": nil}),
	} {
		for range 2 { // as verified, and as remembered
			id, err := v.Verify(context.Background(), token)
			if err != nil {
				t.Errorf("%s: %v, because %s", name, err, Reason(err))
				continue
			}
			want := Identity{
				Name:    "oidc:" + strings.ReplaceAll(strings.TrimPrefix(p.URL, "https://"), ":", "%3A") + ":system:serviceaccount:shop:web",
				Scope:   api.Scope{Role: api.RoleResolveOnly, Environments: []string{"main"}, Names: []string{"shop-*"}},
				Expires: time.Unix(now.Add(time.Hour).Unix(), 0),
			}
			if d := cmp.Diff(want, id); d != "" {
				t.Errorf("%s: %s", name, d)
			}
			id.Scope.Names[0] = "*" // is the caller's own
		}
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestExpiryCountsForTheRemembered(t *testing.T) {
	v, main, _, c := stage(t)
	token := sign("RS256", keyring().rsa, `{"alg":"RS256","kid":"k1"}`, with(main.URL, c.now(), map[string]any{"exp": c.now().Add(30 * time.Second).Unix()}))
	if _, err := v.Verify(context.Background(), token); err != nil {
		t.Fatal(err, Reason(err))
	}
	c.step(30 * time.Second)
	if _, err := v.Verify(context.Background(), token); !errors.Is(err, resolve.ErrNoIdentity) {
		t.Errorf("expired and remembered: %v", err)
	}
}
