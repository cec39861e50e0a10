// Package provider opens the stores that names are looked up in. Open is the
// only place that knows the default: the embedded named-secret service, unless
// a server is named.
package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
)

// Settings are what a provider is opened with; each may be left out.
type Settings struct {
	DataDir       string                      // of the embedded store; "": $XDG_DATA_HOME/squire
	MasterKeyFile string                      // "": $XDG_CONFIG_HOME/squire/master.key
	MasterKey     string                      // base64 of 32 bytes, instead of the file
	Environment   string                      // the active one; "": main
	Timeout       time.Duration               // of one client.Resolve; 0: none
	LookupEnv     func(string) (string, bool) // the local environment; nil: os.LookupEnv
	Warn          func(string)                // told what is wrong and does not stop the work; nil: nobody

	// Server is the URL of squired; "": the embedded store. What follows counts
	// with a server only.
	Server       string
	Token        resolve.Value // who asks
	TokenFile    string        // instead of Token, and read anew for each request
	CACert       string        // PEM, trusted instead of the system's; "": the system's
	InsecureHTTP bool          // http to other machines than this one

	// CacheDir keeps the last complete answers, for when the server cannot be
	// reached; "": nowhere. It needs a key: base64 of 32 bytes.
	CacheDir     string
	CacheMaxAge  time.Duration // 0: 24 h
	CacheKey     resolve.Value
	CacheKeyFile string // instead of CacheKey
	Offline      bool   // ask the cache alone
}

// Open makes a client whose names are the service's. Nothing is read or opened
// before the first name is resolved, so that a run without names pays for
// none. The closer ends what was opened.
func Open(s Settings) (*resolve.Client, io.Closer, error) {
	names := &lazy{settings: s}
	return resolve.NewClient(resolve.ClientConfig{
		Providers: map[string]resolve.Provider{"": names},
		Timeout:   s.Timeout,
		LookupEnv: s.LookupEnv,
	}), names, nil
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
		MasterKey:     s.MasterKey,
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
