package main

import (
	"context"
	"io"
	"strings"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/api/client"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/agefile"
)

// keeper is what looks after a store: the service in this process, or the server
// that uses it.
type keeper interface {
	api.Admin
	VerifyAudit(context.Context) (api.AuditCheck, error)
}

// place is where a store is: one of the three.
type place struct {
	dataDir     string
	databaseURL string
	server      string
}

// here is the place that the settings say.
func (s *session) here() place {
	switch set := &s.settings; {
	case set.server != "":
		return place{server: set.server}
	case set.databaseURL != "":
		return place{databaseURL: set.databaseURL}
	default:
		return place{dataDir: set.dataDir}
	}
}

// placeOf reads an argument: a folder or a URL.
func placeOf(what, text string) (place, error) {
	scheme, _, isURL := strings.Cut(text, "://")
	switch {
	case text == "":
		return place{}, cli.Usagef("%s is empty", what)
	case !isURL:
		return place{dataDir: text}, nil
	case scheme == "http" || scheme == "https":
		return place{server: text}, nil
	case backendOf(scheme) != nil:
		return place{databaseURL: text}, nil
	}
	return place{}, cli.Usagef("%s: want a folder, %s or https://…", what, databaseURLs())
}

// open is the one way to a store, wherever it is.
func (s *session) open(ctx context.Context, p place) (keeper, io.Closer, error) {
	if p.server != "" {
		return s.connect(p.server)
	}
	c, err := s.config(p, s.settings.masterKeyFile)
	if err != nil {
		return nil, nil, err
	}
	svc, err := service.Open(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	return svc, svc, nil
}

// connect is a server.
func (s *session) connect(url string) (keeper, io.Closer, error) {
	c, err := client.New(client.Config{
		Server:       url,
		Token:        resolve.NewValue(s.settings.variables.Token),
		TokenFile:    s.settings.tokenFile,
		CAFile:       s.settings.caCert,
		InsecureHTTP: s.settings.insecureHTTP,
		Warn:         s.messages.Warn,
	})
	if err != nil {
		return nil, nil, err
	}
	return c, c, nil
}

// config is a store of this process.
func (s *session) config(p place, keyFile string) (c service.Config, err error) {
	c = service.Config{
		DataDir:       p.dataDir,
		MasterKeyFile: keyFile,
		MasterKey:     s.settings.variables.MasterKey,
		LockTimeout:   s.settings.lockTimeout,
		Warn:          s.messages.Warn,
		Encrypt:       agefile.Encrypt,
	}
	if p.databaseURL != "" {
		if c.Store, err = databaseAt(p.databaseURL, s.settings.databaseWait); err != nil {
			return c, err
		}
	}
	return c, c.FillFolders(func(name string) (string, bool) { text, ok := s.environ[name]; return text, ok })
}

// withKeeper runs fn on what looks after the store.
func (s *session) withKeeper(ctx context.Context, fn func(keeper) error) (err error) {
	k, closer, err := s.open(ctx, s.here())
	if err != nil {
		return err
	}
	defer func() {
		if cerr := closer.Close(); err == nil {
			err = cerr
		}
	}()
	return fn(k)
}
