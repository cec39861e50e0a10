// Package provider opens the providers that references are looked up in, each
// when the first of its references is. Start with FromEnviron, or with Open. A
// new provider is a package of its own below this one, and a row of the table.
//
// It promises that nothing is read, opened or asked before a reference needs it.
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
	check  func(resolve.Ref) error // what can be said of a reference without asking
}

func table() []row {
	return []row{
		{"", func(c Config) (resolve.Provider, io.Closer, error) { return squire.Open(c.Squire) }, squire.CheckRef},
	}
}

// Config is what providers are opened with; each field may be left out.
type Config struct {
	Squire    squire.Settings             // whose Timeout, LookupEnv and Warn are those below
	Timeout   time.Duration               // of one client.Resolve; 0: none
	LookupEnv func(string) (string, bool) // the local environment; nil: os.LookupEnv
	Warn      func(string)                // hears of problems that do not stop the work; nil: nobody
}

// Open makes a client of all providers. Nothing is read or opened before the
// first reference is resolved, so that a run without references pays for none.
// The closer ends what was opened.
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

// FromEnviron opens what the command line would open from the same SQUIRE_
// variables of this process.
func FromEnviron() (*resolve.Client, io.Closer, error) {
	s, err := squire.FromEnviron(os.Environ())
	if err != nil {
		return nil, nil, err
	}
	return Open(Config{Squire: s, Timeout: s.Timeout})
}

// Check says what is wrong with a reference, as far as it can be said without
// asking its provider. The error is an ErrInvalid.
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
