// Package squire looks names up where squire itself keeps them: in the embedded
// named-secret service, or in a squired that is named. The path of a reference
// is [ENVIRONMENT/]NAME, and such references have no scheme.
package squire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
)

// Open opens the provider. The closer ends what was opened.
func Open(s Settings) (resolve.Manager, io.Closer, error) {
	svc, closer, err := OpenService(s)
	if err != nil {
		return nil, nil, err
	}
	n := names{newRemember(svc), s.Environment}
	if embedded, ok := svc.(*service.Service); ok {
		p := newStored(n, embedded.Location())
		return p, closers{p, closer}, nil
	}
	if s.Offline {
		return n, closer, nil // nothing changes, so there is nothing to watch
	}
	return newServed(n), closer, nil
}

// closers are closed in their order.
type closers []io.Closer

func (all closers) Close() error {
	var errs []error
	for _, c := range all {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// OpenService is the service itself, for what a Client has no word for:
// versions, environments.
func OpenService(s Settings) (api.Service, io.Closer, error) {
	if s.Server != "" {
		return openServer(s)
	}
	if s.Offline {
		return nil, nil, resolve.WithHint(fmt.Errorf("%w: --offline without a server, whose answers it would take from the cache", resolve.ErrInvalid),
			"squire --offline --server URL --cache DIR …")
	}
	c := service.Config{
		DataDir:       s.DataDir,
		MasterKeyFile: s.MasterKeyFile,
		MasterKey:     s.MasterKey.Reveal(),
		Warn:          s.Warn,
	}
	var errs [2]error
	if c.DataDir == "" {
		c.DataDir, errs[0] = s.xdg("XDG_DATA_HOME", ".local/share", "SQUIRE_DATA_DIR", "squire")
	}
	if c.MasterKeyFile == "" && c.MasterKey == "" {
		c.MasterKeyFile, errs[1] = s.xdg("XDG_CONFIG_HOME", ".config", "SQUIRE_MASTER_KEY_FILE", "squire/master.key")
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, nil, err
	}
	svc, err := service.Open(context.Background(), c) // it opens nothing yet
	if err != nil {
		return nil, nil, err
	}
	return svc, svc, nil
}

// xdg is a path below a base folder, as the XDG base directory specification
// has it: a relative one there is ignored.
func (s Settings) xdg(variable, fallback, ours, path string) (string, error) {
	lookup := s.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	base, _ := lookup(variable)
	if !filepath.IsAbs(base) {
		home, _ := lookup("HOME")
		if home == "" {
			home, _ = lookup("USERPROFILE") // Windows
		}
		if home == "" {
			return "", resolve.WithHint(fmt.Errorf("named secrets: neither %s nor HOME says where the embedded store is", variable), "%s=/path squire …", ours)
		}
		base = filepath.Join(home, filepath.FromSlash(fallback))
	}
	return filepath.Join(base, filepath.FromSlash(path)), nil
}
