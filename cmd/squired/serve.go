package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"

	"go.uber.org/zap"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
)

// serve runs the server until ctx ends.
func (s *session) serve(ctx context.Context, f *serveFlags) (err error) {
	proxies, err := f.check(s.settings.insecureHTTP)
	if err != nil {
		return cli.Usage(err)
	}
	to := s.here()
	if to.server != "" {
		return cli.Usagef("--server is for the other commands: serve needs a store")
	}
	log := newLog(s.stderr, f.logFormat, f.logLevel)
	if os.Getenv("GOGC") == "" {
		// Most of what a request allocates is garbage after it. If the heap may
		// grow by some megabytes, it is collected far less often.
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		// A goroutine that waits for the disk keeps its P until it is retaken.
		// Two more keep other requests from waiting with it.
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
	// The first token is shown only once: check files and ports before that.
	c := serve.Config{Log: log, TrustedProxies: proxies, HideMetrics: f.metricsListen != ""}
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
	probe, err := listen("--listen", f.listen)
	if err != nil {
		return err
	}
	if err := probe.Close(); err != nil {
		return err
	}
	store, err := s.config(to, s.settings.masterKeyFile)
	if err != nil {
		return err
	}
	store.Held = true
	store.Warn = func(text string) { log.Warn(text) }
	closeLog, err := f.openAuditLog(&store, s.stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	svc, err := service.Open(ctx, store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()

	tell := tellOn(s.stderr)
	if f.bootstrapTokenFile != "" {
		tell = tellInFile(f.bootstrapTokenFile)
	}
	created, err := svc.Bootstrap(ctx, tell)
	if err != nil {
		return err
	}
	if !created {
		log.Info("no first token is created: this store has had one already; squire help server says how to create another one")
	}
	if err := svc.Ready(ctx); err != nil { // the keys of another store, say
		return err
	}
	c.Service = svc
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
				log.Error("metrics are no longer served", zap.Error(err))
			}
		}()
	}
	scheme := "http"
	if tlsConfig != nil {
		scheme = "https"
	}
	log.Info("squired answers at "+scheme+"://"+l.Addr().String(), zap.String("store", svc.Location()))
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
