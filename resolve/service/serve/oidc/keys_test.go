package oidc

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

// wantErr is for a function that verifies; nil: it must sign in.
func wantErr(t *testing.T, v *Verifier, token string, want error) {
	t.Helper()
	if _, err := v.Verify(context.Background(), token); !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Errorf("%v, because %q; want %v", err, Reason(err), want)
	}
}

// next is what comes next, or the test's end.
func next(t *testing.T, c <-chan string) string {
	t.Helper()
	select {
	case s := <-c:
		return s
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
	}
	return ""
}

func numbered(p *idp, now time.Time, n int) string { // never seen before
	return sign("RS256", keyring().rsa, `{"alg":"RS256","kid":"k1"}`, with(p.URL, now, map[string]any{"jti": n}))
}

func TestIssuerDownAtTheStart(t *testing.T) {
	p, c := newIDP(t, jwk("k1", keyring().rsa.Public())), newClock()
	p.down.Store(true)
	var mu sync.Mutex
	var warned []string
	v := open(t, c, func(s string) { mu.Lock(); defer mu.Unlock(); warned = append(warned, s) },
		Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, CAFile: p.caFile, Rules: shopRules()})
	token := numbered(p, c.now(), 1)
	for range 3 {
		wantErr(t, v, token, resolve.ErrUnavailable)
	}
	mu.Lock()
	if len(warned) != 1 || !strings.Contains(warned[0], "502") || !strings.Contains(warned[0], p.URL) {
		t.Errorf("%q", warned)
	}
	for _, w := range warned {
		hidesToken(t, w, token)
	}
	mu.Unlock()
	p.down.Store(false)
	c.step(betweenFetches)
	wantErr(t, v, token, nil)

	// And down later: the keys stay good for a day, and no longer.
	p.down.Store(true)
	for i := range 23 {
		c.step(time.Hour)
		wantErr(t, v, numbered(p, c.now(), i), nil)
	}
	c.step(time.Hour)
	wantErr(t, v, numbered(p, c.now(), 99), resolve.ErrUnavailable)
	p.down.Store(false)
	c.step(betweenFetches)
	wantErr(t, v, numbered(p, c.now(), 100), nil)
}

func TestRotation(t *testing.T) {
	k := keyring()
	p, c := newIDP(t, jwk("k1", k.rsa.Public())), newClock()
	v := open(t, c, nil, Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, CAFile: p.caFile, Rules: shopRules()})
	old := numbered(p, c.now(), 1)
	wantErr(t, v, old, nil)
	p.keys.Store([]jose.JSONWebKey{jwk("new", k.other.Public())})
	c.step(betweenFetches)
	wantErr(t, v, sign("RS256", k.other, `{"alg":"RS256","kid":"new"}`, with(p.URL, c.now(), nil)), nil)
	wantErr(t, v, old, resolve.ErrNoIdentity) // also where it is remembered
}

func TestWithdrawnKeysAreNoticed(t *testing.T) {
	k := keyring()
	p, c := newIDP(t, jwk("k1", k.rsa.Public())), newClock()
	v := open(t, c, nil, Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, CAFile: p.caFile, Rules: shopRules()})
	wantErr(t, v, numbered(p, c.now(), 1), nil)
	p.keys.Store([]jose.JSONWebKey{jwk("new", k.other.Public())})
	c.step(freshFor)
	wantErr(t, v, numbered(p, c.now(), 2), nil) // begins a fetch, and does not wait for it
	v.issuers[p.URL].keys.running.Wait()
	wantErr(t, v, numbered(p, c.now(), 3), resolve.ErrNoIdentity)
}

func TestMadeUpKeyIDsCostNoFetches(t *testing.T) {
	k := keyring()
	p, c := newIDP(t, jwk("k1", k.rsa.Public())), newClock()
	v := open(t, c, nil, Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, CAFile: p.caFile, Rules: shopRules()})
	wantErr(t, v, numbered(p, c.now(), 0), nil)
	for round := range int64(3) {
		c.step(betweenFetches)
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() {
				wantErr(t, v, sign("none", nil, fmt.Sprintf(`{"alg":"RS256","kid":"made-up-%d"}`, n), with(p.URL, c.now(), nil)), resolve.ErrNoIdentity)
			})
		}
		all.Wait()
		if got := p.asked.Load(); got != 2+round {
			t.Errorf("round %d: %d fetches", round, got)
		}
	}
	wantErr(t, v, numbered(p, c.now(), 1), nil)
}

func TestACallerDoesNotWaitForEver(t *testing.T) {
	p, c := newIDP(t, jwk("k1", keyring().rsa.Public())), newClock()
	asked := make(chan struct{})
	p.handler.Store(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- struct{}{}; <-r.Context().Done() }))
	v := open(t, c, nil, Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, CAFile: p.caFile, Rules: shopRules()})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	if _, err := v.Verify(ctx, numbered(p, c.now(), 1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := v.Close(); err != nil { // ends the fetch that is still under way
		t.Error(err)
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	elsewhere := newIDP(t, jwk("k1", keyring().rsa.Public()))
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go makes no small RSA keys: ", err)
	}
	for name, h := range map[string]func(p *idp, w http.ResponseWriter, r *http.Request){
		"HTML": func(_ *idp, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>c4nary") },
		"404":  func(_ *idp, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"another issuer's": func(p *idp, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"issuer":"%s/","jwks_uri":"%s/keys"}`, p.URL, p.URL)
		},
		"no issuer": func(p *idp, w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"jwks_uri":"%s/keys"}`, p.URL) },
		"keys over http": func(p *idp, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"http://keys.example/"}`, p.URL)
		},
		"keys in a file": func(p *idp, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"file:///etc/passwd"}`, p.URL)
		},
		"a redirect to elsewhere": func(_ *idp, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/c4nary", http.StatusFound)
		},
		"a redirect to http": func(_ *idp, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+r.Host, http.StatusFound)
		},
		"a redirect without end": func(_ *idp, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"c4nary", http.StatusFound)
		},
		"a redirected list": keysAt(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/keys", http.StatusFound)
		}),
		"too long a list": keysAt(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(append([]byte(`{"keys":[`), make([]byte, maxAnswer)...))
		}),
		"half a list": keysAt(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"keys":[`)
		}),
		"an empty list": keysAt(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[]}`) }),
		"a shared key": keysAt(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys":[{"kty":"oct","kid":"k1","k":"AAAA"}]}`)
		}),
		"a private key": keysAt(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(jwks(t, jwk("k1", keyring().rsa))) }),
		"a small key":   keysAt(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(jwks(t, jwk("k1", small.Public()))) }),
		"a key for another use": keysAt(func(w http.ResponseWriter, _ *http.Request) {
			k := jwk("k1", keyring().rsa.Public())
			k.Use = "enc"
			_, _ = w.Write(jwks(t, k))
		}),
		"a hundred and one keys": keysAt(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(jwks(t, make101()...)) }),
	} {
		t.Run(name, func(t *testing.T) {
			p, c := newIDP(t), newClock()
			p.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(p, w, r) }))
			warned := make(chan string, 10)
			v := open(t, c, func(s string) { warned <- s }, Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, CAFile: p.caFile, Rules: shopRules()})
			wantErr(t, v, numbered(p, c.now(), 1), resolve.ErrUnavailable)
			hidesToken(t, next(t, warned), "")
		})
	}
	if n := elsewhere.asked.Load(); n != 0 {
		t.Errorf("a redirect to elsewhere was followed, %d times", n)
	}
}

func keysAt(h http.HandlerFunc) func(*idp, http.ResponseWriter, *http.Request) {
	return func(p *idp, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			h(w, r)
			return
		}
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, p.URL, p.URL+"/keys")
	}
}

func make101() (keys []jose.JSONWebKey) {
	for range maxKeys + 1 {
		keys = append(keys, jwk("k1", keyring().rsa.Public()))
	}
	return keys
}

func TestForeignCertificate(t *testing.T) {
	p, c := newIDP(t, jwk("k1", keyring().rsa.Public())), newClock()
	warned := make(chan string, 10)
	v := open(t, c, func(s string) { warned <- s }, Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, Rules: shopRules()}) // no ca_file
	wantErr(t, v, numbered(p, c.now(), 1), resolve.ErrUnavailable)
	if w := next(t, warned); !strings.Contains(w, "certificate") {
		t.Error(w)
	}
}

func TestFilesAreReadAgain(t *testing.T) {
	p, c := newIDP(t, jwk("k1", keyring().rsa.Public())), newClock()
	ca, bearer := filepath.Join(t.TempDir(), "ca"), filepath.Join(t.TempDir(), "token")
	writeFile(t, ca, []byte("c4nary: no certificate"))
	writeFile(t, bearer, []byte("b1\n"))
	got := make(chan string, 10)
	p.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		_, _ = w.Write(jwks(t, jwk("k1", keyring().rsa.Public())))
	}))
	warned := make(chan string, 10)
	v := open(t, c, func(s string) { warned <- s }, Issuer{Issuer: p.URL, JWKSURL: p.URL + "/keys", Audience: oneOrMore{"squire"}, CAFile: ca, TokenFile: bearer, Rules: shopRules()})
	wantErr(t, v, numbered(p, c.now(), 1), resolve.ErrUnavailable)
	hidesToken(t, next(t, warned), "")
	writeFile(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}))
	for i, want := range []string{"b1", "b2"} {
		writeFile(t, bearer, []byte(want+"\n"))
		c.step(goodFor)
		wantErr(t, v, numbered(p, c.now(), i), nil)
		if g := next(t, got); g != "Bearer "+want {
			t.Error(g)
		}
	}
}

// TestWhoSeesTheBearerToken: the issuer's discovery may name another host,
// which gets it only where a CA of the configuration vouches for that.
func TestWhoSeesTheBearerToken(t *testing.T) {
	bearer := filepath.Join(t.TempDir(), "token")
	writeFile(t, bearer, []byte("b1"))
	got := make(chan string, 10)
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		_, _ = w.Write(jwks(t, jwk("k1", keyring().rsa.Public())))
	}))
	t.Cleanup(keys.Close)
	var iss string
	discovery := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, iss, keys.URL)
	}))
	t.Cleanup(discovery.Close)
	iss = discovery.URL
	for ca, want := range map[string]string{"": "", newIDP(t).caFile: "Bearer b1"} {
		c := newClock()
		v := open(t, c, nil, Issuer{Issuer: iss, Audience: oneOrMore{"squire"}, CAFile: ca, TokenFile: bearer, Rules: shopRules()})
		wantErr(t, v, sign("RS256", keyring().rsa, `{"alg":"RS256"}`, with(iss, c.now(), nil)), nil)
		if a, b := next(t, got), next(t, got); a != "Bearer b1" || b != want {
			t.Errorf("ca_file %q: %q, %q", ca, a, b)
		}
	}
}

func TestKeysOfAFile(t *testing.T) {
	k, c := keyring(), newClock()
	path := filepath.Join(t.TempDir(), "jwks.json")
	writeFile(t, path, jwks(t, jwk("k1", k.rsa.Public())))
	i := Issuer{Issuer: "kubernetes/serviceaccount", JWKSFile: path, Audience: oneOrMore{"squire"}, Rules: shopRules()}
	warned := make(chan string, 100)
	quiet := make(chan time.Time)
	v, err := New(Config{Issuers: []Issuer{i}, Now: c.now, Warn: func(s string) { warned <- s },
		Watch: filewatch.Config{Debounce: time.Second, After: func(d time.Duration) <-chan time.Time {
			if d == time.Second {
				return quiet
			}
			return nil
		}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	token := func(alg string, key any, kid string) string {
		return sign(alg, key, fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, kid), with(i.Issuer, c.now(), nil))
	}
	settle := func() {
		select {
		case quiet <- time.Time{}:
		case <-time.After(30 * time.Second):
			t.Fatal("no change was seen")
		}
	}
	old := token("RS256", k.rsa, "k1")
	wantErr(t, v, old, nil)
	wantErr(t, v, token("ES256", k.ec, "k2"), resolve.ErrNoIdentity)

	writeFile(t, path, []byte("c4nary"))
	settle()
	hidesToken(t, next(t, warned), old)
	wantErr(t, v, old, nil)

	before := v.issuers[i.Issuer].keys.generation.Load()
	writeFile(t, path, jwks(t, jwk("k2", k.ec.Public())))
	settle()
	for end := time.Now().Add(30 * time.Second); v.issuers[i.Issuer].keys.generation.Load() == before; {
		if time.Now().After(end) {
			t.Fatal("the new keys are not read")
		}
	}
	wantErr(t, v, old, resolve.ErrNoIdentity)
	wantErr(t, v, token("ES256", k.ec, "k2"), nil)

	writeFile(t, path, []byte("{}"))
	if _, err := New(Config{Issuers: []Issuer{i}}); !errors.Is(err, resolve.ErrInvalid) {
		t.Errorf("no keys in the file: %v", err)
	}
}
