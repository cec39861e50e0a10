package keypair

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	debounce = time.Second
)

// fixture is a pair of files, the clock of their watch, and the warnings.
type fixture struct {
	cert, key string
	quiet     chan time.Time
	warned    chan string
	pair      *Pair
}

func newPair(t *testing.T, name string, until time.Time) (certPEM, keyPEM string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"}, NotBefore: time.Unix(0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}))
}

var far = time.Now().Add(time.Hour)

func open(t *testing.T, mode os.FileMode) *fixture {
	t.Helper()
	dir := t.TempDir()
	f := &fixture{cert: filepath.Join(dir, "tls.crt"), key: filepath.Join(dir, "tls.key"), quiet: make(chan time.Time), warned: make(chan string, 100)}
	c, k := newPair(t, "first", far)
	put(t, f.cert, c, 0o644)
	put(t, f.key, k, mode)
	var err error
	f.pair, err = Open(Config{CertFile: f.cert, KeyFile: f.key, Warn: func(s string) { f.warned <- s },
		Watch: filewatch.Config{Debounce: debounce, Poll: time.Hour, After: func(d time.Duration) <-chan time.Time {
			if d == debounce {
				return f.quiet
			}
			return nil
		}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.pair.Close() })
	return f
}

func put(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path+"~", []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

// settle lets the debounce time pass, so that what has changed is loaded.
func (f *fixture) settle(t *testing.T) {
	t.Helper()
	select {
	case f.quiet <- time.Time{}:
	case <-time.After(30 * time.Second):
		t.Fatal("no change was seen")
	}
}

func (f *fixture) warning(t *testing.T) string {
	t.Helper()
	select {
	case s := <-f.warned:
		return s
	case <-time.After(30 * time.Second):
		t.Fatal("no warning")
	}
	return ""
}

// shake does a TLS handshake and returns the name in the server's certificate.
func (f *fixture) shake(t *testing.T, client *tls.Config) (string, tls.ConnectionState, error) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	served := make(chan error, 1)
	go func() { served <- tls.Server(a, f.pair.TLS()).Handshake() }()
	client.InsecureSkipVerify, client.ServerName = true, "localhost" // the test looks at the certificate itself
	c := tls.Client(b, client)
	err := c.Handshake()
	if err != nil {
		_ = b.Close()
		<-served
		return "", tls.ConnectionState{}, err
	}
	go func() { _, _ = c.Read(make([]byte, 1)) }() // receives the server's session tickets
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName, c.ConnectionState(), nil
}

// untilServed does handshakes until the certificate has that name.
func (f *fixture) untilServed(t *testing.T, name string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		got, _, err := f.shake(t, &tls.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if got == name {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("still %s, want %s", got, name)
		}
	}
}

func (f *fixture) serves(t *testing.T, name string) {
	t.Helper()
	if got, _, err := f.shake(t, &tls.Config{}); err != nil || got != name {
		t.Fatalf("serves %q (%v), want %s", got, err, name)
	}
}

func TestHandshake(t *testing.T) {
	f := open(t, 0o600)
	_, state, err := f.shake(t, &tls.Config{NextProtos: []string{"h2", "http/1.1"}})
	if err != nil || state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "h2" {
		t.Errorf("%v %x %q", err, state.Version, state.NegotiatedProtocol)
	}
	if _, state, err = f.shake(t, &tls.Config{NextProtos: []string{"http/1.1"}, MaxVersion: tls.VersionTLS12}); err != nil || state.NegotiatedProtocol != "http/1.1" {
		t.Errorf("%v %q", err, state.NegotiatedProtocol)
	}
	if _, _, err = f.shake(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is served")
	}
	if len(f.warned) != 0 {
		t.Errorf("warned: %s", <-f.warned)
	}
}

func TestNewPairs(t *testing.T) {
	f := open(t, 0o600)
	for _, name := range []string{"second", "third"} {
		c, k := newPair(t, name, far)
		put(t, f.cert, c, 0o644)
		put(t, f.key, k, 0o600)
		f.settle(t)
		f.untilServed(t, name)
	}
	if len(f.warned) != 0 {
		t.Errorf("warned: %s", <-f.warned)
	}
}

func TestHalfway(t *testing.T) {
	f := open(t, 0o600)
	c, k := newPair(t, "second", far)
	put(t, f.cert, c, 0o644)
	f.settle(t)
	if w := f.warning(t); !strings.Contains(w, "only one of the two files has changed") {
		t.Error(w)
	}
	f.serves(t, "first")
	put(t, f.key, k, 0o600)
	f.settle(t)
	f.untilServed(t, "second")
}

func TestBadPairsKeepTheOld(t *testing.T) {
	const canary = "c4nary"
	c, k := newPair(t, "second", far)
	_, foreign := newPair(t, "third", far)
	for name, change := range map[string]func(f *fixture){
		"garbage":       func(f *fixture) { put(t, f.cert, canary, 0o644); put(t, f.key, canary, 0o600) },
		"empty":         func(f *fixture) { put(t, f.cert, "", 0o644); put(t, f.key, "", 0o600) },
		"half a key":    func(f *fixture) { put(t, f.cert, c, 0o644); put(t, f.key, k[:len(k)/2], 0o600) },
		"switched":      func(f *fixture) { put(t, f.cert, k, 0o644); put(t, f.key, c, 0o600) },
		"foreign":       func(f *fixture) { put(t, f.cert, c, 0o644); put(t, f.key, foreign, 0o600) },
		"broken inside": func(f *fixture) { put(t, f.cert, strings.Replace(c, "M", "A", 3), 0o644); put(t, f.key, k, 0o600) },
		"gone":          func(f *fixture) { _ = os.Remove(f.key) },
		"a folder":      func(f *fixture) { _ = os.Remove(f.key); _ = os.Mkdir(f.key, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, 0o600)
			change(f)
			f.settle(t)
			w := f.warning(t)
			if !strings.Contains(w, "keeping the old pair") || strings.Contains(w, canary) || strings.Contains(w, "\n") {
				t.Error(w)
			}
			for line := range strings.Lines(k + foreign) {
				if line = strings.TrimSpace(line); !strings.HasPrefix(line, "---") && strings.Contains(w, line) {
					t.Errorf("the warning holds the key: %s", w)
				}
			}
			f.serves(t, "first")
			_ = os.Remove(f.key) // the folder
			put(t, f.cert, c, 0o644)
			put(t, f.key, k, 0o600)
			f.settle(t)
			f.untilServed(t, "second")
		})
	}
}

func TestWarnings(t *testing.T) {
	f := open(t, 0o644)
	if w := f.warning(t); !strings.Contains(w, "0644") || !strings.Contains(w, f.key) {
		t.Error(w)
	}
	f = open(t, 0o640)
	if len(f.warned) != 0 {
		t.Errorf("warned about a readable group: %s", <-f.warned)
	}
	c, k := newPair(t, "old", time.Now().Add(-time.Hour))
	put(t, f.cert, c, 0o644)
	put(t, f.key, k, 0o640)
	f.settle(t)
	if w := f.warning(t); !strings.Contains(w, "expired at") {
		t.Error(w)
	}
}

func TestBadStart(t *testing.T) {
	dir := t.TempDir()
	c, k := newPair(t, "a", far)
	_, foreign := newPair(t, "b", far)
	cert, key := filepath.Join(dir, "c"), filepath.Join(dir, "k")
	if _, err := Open(Config{CertFile: cert, KeyFile: key}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	put(t, cert, c, 0o644)
	put(t, key, foreign, 0o600)
	if _, err := Open(Config{CertFile: cert, KeyFile: key}); err == nil || resolve.Hint(err) == "" {
		t.Error(err)
	}
	put(t, key, k, 0o600)
	p, err := Open(Config{CertFile: cert, KeyFile: key})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
