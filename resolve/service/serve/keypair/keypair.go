// Package keypair keeps the server's certificate as it is on disk: when its
// files change it takes the new pair, and as long as that is no good it goes
// on with the old one.
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

// Config says where the pair is.
type Config struct {
	CertFile string // PEM, the server's own certificate first
	KeyFile  string // PEM
	// Warn is told what the operator should know: a new pair that is no good,
	// a key that all can read. It holds no content of a file. Nil: nobody is.
	Warn func(string)

	// Watch are settings for the watch; its Paths are set here. A Debounce of 0
	// is 200 ms, which is most often enough for both files to be there.
	Watch filewatch.Config
}

// Pair is a certificate and its key. It is safe for concurrent use.
type Pair struct {
	cfg     Config
	current atomic.Pointer[loaded]
	watch   *filewatch.Watcher
	done    sync.WaitGroup
}

// loaded is what was read. The files' bytes tell which of the two is new.
type loaded struct {
	cert    tls.Certificate
	certPEM []byte
	keyPEM  []byte
}

// Open reads the pair, and follows its files until Close.
func Open(cfg Config) (*Pair, error) {
	if cfg.Warn == nil {
		cfg.Warn = func(string) {}
	}
	if cfg.Watch.Debounce == 0 {
		cfg.Watch.Debounce = 200 * time.Millisecond
	}
	cfg.Watch.Paths = []string{cfg.CertFile, cfg.KeyFile}
	watch, err := filewatch.New(cfg.Watch) // before the first reading, so that no change is lost
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

// Close ends the following of the files. The pair stays good.
func (p *Pair) Close() error {
	err := p.watch.Close()
	p.done.Wait()
	return err
}

// GetCertificate is for a tls.Config.
func (p *Pair) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return &p.current.Load().cert, nil
}

// TLS is the configuration of a server of HTTP/1.1 and HTTP/2.
func (p *Pair) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: p.GetCertificate}
}

func (p *Pair) use(l *loaded) {
	p.current.Store(l)
	if leaf := l.cert.Leaf; leaf != nil && time.Now().After(leaf.NotAfter) {
		p.cfg.Warn(fmt.Sprintf("the certificate %s ended at %s", p.cfg.CertFile, leaf.NotAfter.UTC().Format(time.RFC3339)))
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
	case newCert != newKey: // halfway, or an operator who forgot the other one
		p.cfg.Warn(fmt.Sprintf("%v: only one of the two is new; going on with the old pair until both fit", err))
	default:
		p.cfg.Warn(fmt.Sprintf("%v; going on with the old pair", err))
	}
}

// read reads both files. Where they could be read and are no pair, it gives
// what it read beside the error.
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
		return l, resolve.WithHint(fmt.Errorf("certificate %s and key %s are no pair: %w", p.cfg.CertFile, p.cfg.KeyFile, err),
			"openssl x509 -noout -pubkey -in %s; openssl pkey -pubout -in %s    (both must print the same)", p.cfg.CertFile, p.cfg.KeyFile)
	}
	return l, nil
}

// readableByAll does not count a group: a key may well be shared with one.
func readableByAll(info os.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0
}
