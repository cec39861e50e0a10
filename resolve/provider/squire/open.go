// Package squire is the provider of references without a scheme: it looks them up
// in the embedded named-secret service, or in a server (squired). Their path is
// [ENVIRONMENT/]NAME. Start with Open, or with FromEnviron for the settings of the
// command line.
//
// It promises that no error contains a value. The API stays compatible.
package squire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
)

// Open opens the provider. The closer closes what was opened.
func Open(s Settings) (resolve.Manager, io.Closer, error) {
	svc, closer, err := OpenService(s)
	if err != nil {
		return nil, nil, err
	}
	n := names{newRemember(svc), s.Environment}
	if embedded, ok := svc.(*service.Service); ok {
		p := newStored(n, embedded.Location(), s)
		return p, closers{p, closer}, nil
	}
	if s.Offline {
		return n, closer, nil // there is nothing to watch
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

// OpenService opens the service itself, for what a Client cannot do: versions,
// environments.
func OpenService(s Settings) (api.Service, io.Closer, error) {
	if s.Server != "" {
		return openServer(s)
	}
	if s.Offline {
		return nil, nil, resolve.WithHint(fmt.Errorf("%w: --offline needs --server, whose answers are taken from the cache", resolve.ErrInvalid),
			"squire --offline --server URL --cache DIR …")
	}
	c := service.Config{
		DataDir:       s.DataDir,
		MasterKeyFile: s.MasterKeyFile,
		MasterKey:     s.MasterKey.Reveal(),
		Warn:          s.Warn,
	}
	lookup := s.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	if err := c.FillFolders(lookup); err != nil {
		return nil, nil, err
	}
	svc, err := service.Open(context.Background(), c) // it opens nothing yet
	if err != nil {
		return nil, nil, err
	}
	return svc, svc, nil
}
