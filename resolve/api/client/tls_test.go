package client

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
)

// secure starts a server with a certificate of its own, and returns the path
// of that certificate.
func secure(t *testing.T, set func(*x509.Certificate)) (s *script, url, ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "squired"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	set(c)
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	s = &script{t: t}
	s.steps = append(s.steps, says(200, good))
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return s, server.URL, ca
}

func TestTLS(t *testing.T) {
	for name, test := range map[string]struct {
		set     func(*x509.Certificate)
		trusted bool
		says    string // "": it answers
	}{
		"its own authority": {func(*x509.Certificate) {}, true, ""},
		"unknown authority": {func(*x509.Certificate) {}, false, "signed by an unknown authority"},
		"another name":      {func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"elsewhere"} }, true, "for another host name"},
		"expired":           {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, true, "has expired"},
		"not yet":           {func(c *x509.Certificate) { c.NotBefore = time.Now().Add(30 * time.Minute) }, true, "not valid yet"},
	} {
		t.Run(name, func(t *testing.T) {
			s, url, ca := secure(t, test.set)
			if !test.trusted {
				ca = ""
			}
			c := s.client(Config{Server: url, CAFile: ca, Token: resolve.NewValue(tokenCanary)})
			defer c.Close()
			_, err := c.Resolve(t.Context(), askDB())
			if test.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var u *Unreachable
			if !errors.As(err, &u) || !strings.Contains(err.Error(), test.says) || resolve.Hint(err) == "" {
				t.Errorf("%v", err)
			}
			if s.tries() != 0 || len(s.paused) != 0 {
				t.Errorf("%d requests were sent, after %d pauses", s.tries(), len(s.paused))
			}
			s.quiet(err)
		})
	}
}

func TestTLSWhereThereIsNone(t *testing.T) {
	c, s := scripted(t, says(200, good))
	secured := s.client(Config{Server: strings.Replace(c.Server(), "http:", "https:", 1), Token: resolve.NewValue(tokenCanary)})
	defer secured.Close()
	if _, err := secured.Resolve(t.Context(), askDB()); err == nil || !strings.Contains(err.Error(), "does not use TLS") || len(s.paused) != 0 {
		t.Errorf("%v after %d pauses", err, len(s.paused))
	}
}

func TestServerURLs(t *testing.T) {
	for url, want := range map[string]string{
		"https://h":                  "https://h",
		" https://h:7878/squire/ \n": "https://h:7878/squire",
		"http://localhost:1":         "http://localhost:1",
		"http://127.9.9.9":           "http://127.9.9.9",
		"http://[::1]:1":             "http://[::1]:1",
		"http://h":                   "", "http://localhost.evil": "", "http://10.0.0.1": "",
		"h:7878": "", "": "", "ftp://h": "", "https://": "", "https://:1": "", "unix:///x": "", "https://h\x00": "",
		"https://u:" + valueCanary + "@h": "", "https://h?" + valueCanary: "", "https://h#" + valueCanary: "", "https://" + valueCanary + "%zz": "",
	} {
		c, err := New(Config{Server: url})
		switch {
		case want == "" && (!errors.Is(err, resolve.ErrInvalid) || resolve.Hint(err) == "" || strings.Contains(err.Error()+resolve.Hint(err), "c4nary")):
			t.Errorf("%q: %v", url, err)
		case want != "" && (err != nil || c.Server() != want):
			t.Errorf("%q: %v", url, err)
		}
	}
	if c, err := New(Config{Server: "http://h", InsecureHTTP: true}); err != nil || c.Server() != "http://h" {
		t.Errorf("%v", err)
	}
}
