// Package keypair serves a TLS certificate from files, and loads it again when
// they change. Until the new certificate and key are valid and match, the old
// pair stays in use.
package keypair

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

// Config names the files of a pair.
type Config struct {
	CertFile string // PEM, the server's own certificate first
	KeyFile  string // PEM
	// Warn receives what the operator should know: a new pair that is invalid,
	// a key that every user can read. It never contains the content of a file.
	// Nil: warnings are dropped.
	Warn func(string)

	// Watch configures how the files are watched; its Paths are set here. A
	// Debounce of 0 is 200 ms, usually enough time to replace both files.
	Watch filewatch.Config
}

// Pair is a certificate and its key. It is safe for concurrent use.
type Pair struct {
	cfg     Config
	current atomic.Pointer[loaded]
	watch   *filewatch.Watcher
	done    sync.WaitGroup
}

// loaded is a pair with the bytes of its files, which show which of the two has
// changed.
type loaded struct {
	cert    tls.Certificate
	certPEM []byte
	keyPEM  []byte
}

// Open loads the pair, and watches its files until Close.
func Open(cfg Config) (*Pair, error) {
	if cfg.Warn == nil {
		cfg.Warn = func(string) {}
	}
	if cfg.Watch.Debounce == 0 {
		cfg.Watch.Debounce = 200 * time.Millisecond
	}
	cfg.Watch.Paths = []string{cfg.CertFile, cfg.KeyFile}
	watch, err := filewatch.New(cfg.Watch) // before the first read, so that no change is missed
	if err != nil {
		return nil, err
	}
	p := &Pair{cfg: cfg, watch: watch}
	l, err := p.read()
	if err != nil {
		_ = watch.Close()
		return nil, err
	}
	p.use(l)
	if info, err := os.Stat(cfg.KeyFile); err == nil && readableByAll(info) {
		cfg.Warn(fmt.Sprintf("all users of this machine can read the key file %s (mode %04o)", cfg.KeyFile, info.Mode().Perm()))
	}
	p.done.Go(func() {
		for range watch.Changes() {
			p.reload()
		}
	})
	return p, nil
}

// Close stops watching the files. The last pair remains usable.
func (p *Pair) Close() error {
	err := p.watch.Close()
	p.done.Wait()
	return err
}

// GetCertificate returns the current certificate; it is for a tls.Config.
func (p *Pair) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return &p.current.Load().cert, nil
}

// TLS returns the configuration of a server for HTTP/1.1 and HTTP/2.
func (p *Pair) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: p.GetCertificate}
}

func (p *Pair) use(l *loaded) {
	p.current.Store(l)
	if leaf := l.cert.Leaf; leaf != nil && time.Now().After(leaf.NotAfter) {
		p.cfg.Warn(fmt.Sprintf("the certificate %s expired at %s", p.cfg.CertFile, leaf.NotAfter.UTC().Format(time.RFC3339)))
	}
}

func (p *Pair) reload() {
	l, err := p.read()
	old := p.current.Load()
	newCert := l != nil && !bytes.Equal(l.certPEM, old.certPEM)
	newKey := l != nil && !bytes.Equal(l.keyPEM, old.keyPEM)
	switch {
	case err == nil && (newCert || newKey):
		p.use(l)
	case err == nil:
	case newCert != newKey: // between two writes, or somebody forgot the other file
		p.cfg.Warn(fmt.Sprintf("%v: only one of the two files has changed; keeping the old pair until they match", err))
	default:
		p.cfg.Warn(fmt.Sprintf("%v; keeping the old pair", err))
	}
}

// read loads both files. If it can read them but they do not match, it returns
// their content together with the error.
func (p *Pair) read() (*loaded, error) {
	certPEM, err := os.ReadFile(p.cfg.CertFile)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	keyPEM, err := os.ReadFile(p.cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	l := &loaded{certPEM: certPEM, keyPEM: keyPEM}
	if l.cert, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		return l, resolve.WithHint(fmt.Errorf("certificate %s and key %s do not match: %w", p.cfg.CertFile, p.cfg.KeyFile, err),
			"openssl x509 -noout -pubkey -in %s; openssl pkey -pubout -in %s    (both must print the same)", p.cfg.CertFile, p.cfg.KeyFile)
	}
	return l, nil
}

// readableByAll ignores the group: keys are often shared with one on purpose.
func readableByAll(info os.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0
}
