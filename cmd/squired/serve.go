package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/pflag"
	"go.uber.org/zap"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
	"github.com/squire-env/squire/resolve/service/serve/keypair"
	"github.com/squire-env/squire/resolve/service/serve/oidc"
)

// serveFlags are the flags of serve; the store is in those of every command.
type serveFlags struct {
	listen, metricsListen string
	tlsCert, tlsKey       string
	oidcConfig            string
	auditLog              string
	bootstrapTokenFile    string
	insecureHTTP          bool
	shutdownTimeout       time.Duration
	trustedProxies        []string
}

func (f *serveFlags) add(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&f.listen, "listen", "127.0.0.1:7878", "address to answer on")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "certificate chain, PEM; read again when it changes")
	flags.StringVar(&f.tlsKey, "tls-key", "", "its key, PEM")
	flags.BoolVar(&f.insecureHTTP, "insecure-http", false, "answer without TLS on other addresses than loopback")
	flags.StringVar(&f.oidcConfig, "oidc-config", "", "who may come in with the token of another issuer, YAML")
	flags.StringVar(&f.auditLog, "audit-log", "", "a copy of every audit line, as JSON, to this file; - for standard output")
	flags.StringVar(&f.metricsListen, "metrics-listen", "", "address of /metrics alone; it is then not on --listen")
	flags.StringVar(&f.bootstrapTokenFile, "bootstrap-token-file", "", "write the first token of a new store here, 0600, instead of to standard error")
	flags.DurationVar(&f.shutdownTimeout, "shutdown-timeout", 10*time.Second, "for what is in work when the server is told to end")
	flags.StringSliceVar(&f.trustedProxies, "trusted-proxies", nil, "networks whose X-Forwarded-For is believed, such as 10.0.0.0/8")
}

// check tells all that is wrong, before anything is made.
func (f *serveFlags) check() (proxies []netip.Prefix, err error) {
	var faults []error
	if (f.tlsCert == "") != (f.tlsKey == "") {
		faults = append(faults, errors.New("--tls-cert and --tls-key go together"))
	}
	if f.shutdownTimeout < 0 {
		faults = append(faults, errors.New("--shutdown-timeout: want a duration of zero or more"))
	}
	for _, text := range f.trustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			faults = append(faults, errors.New("--trusted-proxies: want networks, such as 10.0.0.0/8"))
			continue
		}
		proxies = append(proxies, p)
	}
	for _, a := range []struct{ flag, text string }{{"--listen", f.listen}, {"--metrics-listen", f.metricsListen}} {
		if a.text == "" && a.flag != "--listen" {
			continue
		}
		host, _, err := net.SplitHostPort(a.text)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s: want HOST:PORT, such as 127.0.0.1:7878", a.flag))
		case a.flag == "--listen" && f.tlsCert == "" && !f.insecureHTTP && !isLoopback(host):
			faults = append(faults, resolve.WithHint(errors.New("without TLS, tokens and values would cross the network in the clear"),
				"--tls-cert F --tls-key F; or --insecure-http where something else encrypts; or --listen 127.0.0.1:7878"))
		}
	}
	return proxies, errors.Join(faults...)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// serve runs the server until ctx ends.
func (f *serveFlags) serve(ctx context.Context, store service.Config, log *zap.Logger, stdout, stderr io.Writer) (err error) {
	proxies, err := f.check()
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		// Most of what a request allocates is gone with it. A heap that may
		// grow to some megabytes more is collected a fraction as often.
		debug.SetGCPercent(400)
	}
	closeLog, err := f.openAuditLog(&store, stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	svc, err := service.Open(store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()

	tell := tellOn(stderr)
	if f.bootstrapTokenFile != "" {
		tell = tellInFile(f.bootstrapTokenFile)
	}
	if _, err := svc.Bootstrap(ctx, tell); err != nil {
		return err
	}
	c := serve.Config{Service: svc, Log: log, TrustedProxies: proxies, HideMetrics: f.metricsListen != ""}
	closeIdentities, err := f.identities(&c)
	if err != nil {
		return err
	}
	defer closeIdentities()
	tlsConfig, closeTLS, err := f.tls(log)
	if err != nil {
		return err
	}
	defer closeTLS()
	server := serve.New(c)
	l, err := listen("--listen", f.listen)
	if err != nil {
		return err
	}
	if f.metricsListen != "" {
		ml, err := listen("--metrics-listen", f.metricsListen)
		if err != nil {
			return errors.Join(err, l.Close())
		}
		metrics := serve.HTTPServer(server.MetricsHandler(), log)
		defer metrics.Close()
		go func() {
			if err := metrics.Serve(ml); !errors.Is(err, http.ErrServerClosed) {
				log.Error("metrics are not served any more", zap.Error(err))
			}
		}()
	}
	log.Info("squired answers", zap.String("listen", l.Addr().String()), zap.Bool("tls", tlsConfig != nil), zap.String("store", svc.Location()))
	err = server.Serve(ctx, serve.Listener{Listener: l, TLS: tlsConfig}, f.shutdownTimeout)
	log.Info("squired ends")
	return err
}

func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, resolve.WithHint(fmt.Errorf("%w: %s: %w", resolve.ErrUnavailable, flag, err), "is another squired running? %s HOST:PORT names another address", flag)
	}
	return l, nil
}

// tls follows the certificate's files.
func (f *serveFlags) tls(log *zap.Logger) (*tls.Config, func(), error) {
	if f.tlsCert == "" {
		return nil, func() {}, nil
	}
	pair, err := keypair.Open(keypair.Config{CertFile: f.tlsCert, KeyFile: f.tlsKey, Warn: func(text string) { log.Warn(text) }})
	if err != nil {
		return nil, nil, err
	}
	return pair.TLS(), func() { _ = pair.Close() }, nil
}

// identities lets in who has a token of another issuer.
func (f *serveFlags) identities(c *serve.Config) (func(), error) {
	if f.oidcConfig == "" {
		return func() {}, nil
	}
	issuers, err := oidc.Read(f.oidcConfig)
	if err != nil {
		return nil, err
	}
	v, err := oidc.New(oidc.Config{Issuers: issuers, Warn: func(text string) { c.Log.Warn(text) }})
	if err != nil {
		return nil, err
	}
	c.Identities = identities{v, c.Log}
	return func() { _ = v.Close() }, nil
}

// identities are those of an oidc-config. Why a token is refused is for the
// operator alone to know.
type identities struct {
	verifier *oidc.Verifier
	log      *zap.Logger
}

func (i identities) Identify(ctx context.Context, token string) (string, api.Scope, error) {
	id, err := i.verifier.Verify(ctx, token)
	if err != nil {
		i.log.Info("a token of another issuer was refused", zap.String("reason", oidc.Reason(err)))
	}
	return id.Name, id.Scope, err
}

// openAuditLog opens the copy of the audit trail, if one is asked for.
func (f *serveFlags) openAuditLog(c *service.Config, stdout io.Writer) (func() error, error) {
	switch f.auditLog {
	case "":
		return func() error { return nil }, nil
	case "-":
		c.AuditCopy = stdout
		return func() error { return nil }, nil
	}
	file, err := os.OpenFile(f.auditLog, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: --audit-log: %w", resolve.ErrUnavailable, err)
	}
	c.AuditCopy = file
	return file.Close, nil
}
