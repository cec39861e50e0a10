package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keyring is made once: an RSA key takes its time.
var keyring = sync.OnceValue(func() (k struct {
	rsa, other *rsa.PrivateKey
	ec         *ecdsa.PrivateKey
	ed         ed25519.PrivateKey
}) {
	var errs [4]error
	k.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	k.other, errs[1] = rsa.GenerateKey(rand.Reader, 2048)
	k.ec, errs[2] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, k.ed, errs[3] = ed25519.GenerateKey(rand.Reader)
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
	return k
})

type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time       { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) step(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// idp is an issuer: discovery and keys over TLS.
type idp struct {
	*httptest.Server
	caFile  string
	keys    atomic.Value // []jose.JSONWebKey
	asked   atomic.Int64 // for keys
	down    atomic.Bool
	handler atomic.Value // http.HandlerFunc: instead of all that, where set
}

func newIDP(t testing.TB, keys ...jose.JSONWebKey) *idp {
	t.Helper()
	p := &idp{}
	p.keys.Store(keys)
	p.Server = httptest.NewUnstartedServer(p)
	p.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are meant to fail
	p.StartTLS()
	t.Cleanup(p.Server.Close)
	p.caFile = filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, p.caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}))
	return p
}

func (p *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, ok := p.handler.Load().(http.HandlerFunc); ok && h != nil {
		h(w, r)
		return
	}
	switch {
	case p.down.Load():
		http.Error(w, "c4nary of a body", http.StatusBadGateway)
	case r.URL.Path == "/.well-known/openid-configuration":
		if !produces(w, r, "application/json") {
			return
		}
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, p.URL, p.URL+"/keys")
	case r.URL.Path == "/keys":
		p.asked.Add(1)
		if !produces(w, r, "application/jwk-set+json") {
			return
		}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: p.keys.Load().([]jose.JSONWebKey)})
	default:
		http.NotFound(w, r)
	}
}

// produces declares the answer's media type, and answers 406 to a request whose
// Accept header does not list it, as a Kubernetes API server does.
func produces(w http.ResponseWriter, r *http.Request, media string) bool {
	for accepted := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		if strings.TrimSpace(accepted) == media {
			w.Header().Set("Content-Type", media)
			return true
		}
	}
	http.Error(w, "406: Not Acceptable", http.StatusNotAcceptable)
	return false
}

func jwk(kid string, key crypto.PublicKey) jose.JSONWebKey {
	return jose.JSONWebKey{KeyID: kid, Key: key, Use: "sig"}
}

func jwks(t testing.TB, keys ...jose.JSONWebKey) []byte {
	t.Helper()
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path+"~", b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sign signs whatever it is given: a forger can.
func sign(alg string, key any, header, payload string) string {
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	sum := sha256.Sum256([]byte(input))
	var sig []byte
	var err error
	switch alg {
	case "RS256":
		sig, err = rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, sum[:])
	case "PS256":
		sig, err = rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	case "ES256":
		r, s, e := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), sum[:])
		sig, err = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), e
	case "EdDSA":
		sig = ed25519.Sign(key.(ed25519.PrivateKey), []byte(input))
	case "HS256":
		h := hmac.New(sha256.New, key.([]byte))
		h.Write([]byte(input))
		sig = h.Sum(nil)
	case "none":
	default:
		panic(alg)
	}
	if err != nil {
		panic(err)
	}
	return input + "." + b64(sig)
}

// with is the claims of a good token, changed; nil takes one away.
func with(iss string, now time.Time, changes map[string]any) string {
	c := map[string]any{
		"iss": iss, "aud": "squire", "sub": "system:serviceaccount:shop:web", "exp": now.Add(time.Hour).Unix(), "nbf": now.Unix(), "iat": now.Unix(),
		"kubernetes.io": map[string]any{"namespace": "shop", "serviceaccount": map[string]any{"name": "web"}},
	}
	maps.Copy(c, changes)
	for name, v := range c {
		if v == nil {
			delete(c, name)
		}
	}
	b, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func shopRules() []Rule {
	return []Rule{{Claims: map[string]string{"sub": "system:serviceaccount:shop:*"}, Role: "resolve-only", Environments: oneOrMore{"main"}, Names: oneOrMore{"shop-*"}}}
}

func open(t testing.TB, c *clock, warn func(string), issuers ...Issuer) *Verifier {
	t.Helper()
	v, err := New(Config{Issuers: issuers, Warn: warn, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// hidesToken fails where a text holds a part of a token or a claim of it.
func hidesToken(t testing.TB, text, raw string) {
	t.Helper()
	for _, part := range append(strings.Split(raw, "."), "serviceaccount:shop", "c4nary") {
		if len(part) > 8 && strings.Contains(text, part[:min(len(part), 40)]) || part == "c4nary" && strings.Contains(text, part) {
			t.Errorf("a text holds a part of the token: %s", text)
		}
	}
}
