// Package provider opens the providers of references, each when the first of its
// references is resolved. Start with FromEnviron or Open. A new provider is a
// package below this one, and a row of the table.
//
// It promises that nothing is read, opened or contacted before a reference needs
// it.
// The API stays compatible.
package provider

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider/squire"
)

// row is one provider.
type row struct {
	scheme string
	open   func(Config) (resolve.Provider, io.Closer, error)
	check  func(resolve.Ref) error // checks a reference without contacting the store
}

func table() []row {
	return []row{
		{"", func(c Config) (resolve.Provider, io.Closer, error) { return squire.Open(c.Squire) }, squire.CheckRef},
	}
}

// Config configures the providers; each field is optional.
type Config struct {
	Squire    squire.Settings             // its Timeout, LookupEnv and Warn are replaced by those below
	Timeout   time.Duration               // of one client.Resolve; 0: none
	LookupEnv func(string) (string, bool) // the local environment; nil: os.LookupEnv
	Warn      func(string)                // is called with problems that do not stop the work; nil: they are not reported
}

// Open creates a client with all providers. A provider is opened when its first
// reference is resolved, so that a command without references does not pay for it.
// The closer closes what was opened.
func Open(c Config) (*resolve.Client, io.Closer, error) {
	c.Squire.Timeout, c.Squire.LookupEnv, c.Squire.Warn = c.Timeout, c.LookupEnv, c.Warn
	rows := table()
	providers, all := make(map[string]resolve.Provider, len(rows)), make(closers, len(rows))
	for i, r := range rows {
		all[i] = &lazy{open: func() (resolve.Provider, io.Closer, error) { return r.open(c) }}
		providers[r.scheme] = all[i]
	}
	return resolve.NewClient(resolve.ClientConfig{Providers: providers, Timeout: c.Timeout, LookupEnv: c.LookupEnv}), all, nil
}

// FromEnviron opens what the command line opens with the SQUIRE_ variables of
// this process.
func FromEnviron() (*resolve.Client, io.Closer, error) {
	s, err := squire.FromEnviron(os.Environ())
	if err != nil {
		return nil, nil, err
	}
	return Open(Config{Squire: s, Timeout: s.Timeout})
}

// Check checks a reference without contacting its store. The error is an
// ErrInvalid.
func Check(ref resolve.Ref) error {
	var known []string
	for _, r := range table() {
		if r.scheme == ref.Scheme {
			return r.check(ref)
		}
		known = append(known, r.scheme)
	}
	return resolve.UnknownScheme(ref.Scheme, known)
}

type closers []*lazy

func (all closers) Close() error {
	var errs []error
	for _, l := range all {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
