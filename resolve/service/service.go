// Package service is the named-secret service in-process, with no network: what
// the command line runs on an embedded store, and what squired serves.
//
// Start with Open. It promises: a value is on the disk only sealed; a call that
// has returned nil survives kill -9; a store that cannot be trusted is an
// error, never an empty store; each access is in the audit trail.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/account"
	"github.com/squire-env/squire/resolve/service/internal/gate"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/seam"
	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/service/internal/store/bolt"
)

// Config says where the store is and who acts.
type Config struct {
	// DataDir holds the store, 0700; made by the first write. Required unless
	// Store is given.
	DataDir string
	// Store is where a store that several servers share is, instead of DataDir
	// and Held: a postgres.Config. Nil: a bbolt file in DataDir.
	Store Backend
	// MasterKeyFile is the keyring, 0600; made by the first write of a new
	// store. Required unless MasterKey is given.
	MasterKeyFile string
	// MasterKey is base64 of 32 bytes, used instead of the file. "": the file.
	MasterKey string
	// Caller is who acts, as created_by and the audit trail record it. "": the
	// account that this process runs under, as the system's user database names
	// it and never as $USER does.
	Caller string
	// Held takes the store for this process alone from the first call to Close,
	// and lets concurrent writes share a commit: for a server. False: each call
	// opens the store, and others may come in between.
	Held bool
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// LockTimeout bounds the wait for another process. 0: 10 s.
	LockTimeout time.Duration
	// Warn hears of what does not fail a call: an audit line that a read-only
	// medium does not take. It must be safe for concurrent use. Nil: nobody.
	Warn func(string)
	// Encrypt reads the recipients of a backup, and gives what encrypts it to
	// them: agefile.Encrypt. Nil: this service makes no backup.
	Encrypt func(recipients []string) (func(io.Writer) (io.WriteCloser, error), error)
	// AuditCopy gets a copy of each audit line, as one line of JSON, before the
	// answer: an access whose line it does not take is refused. Nil: nobody.
	AuditCopy io.Writer
	// Test is for the tests and benchmarks of this package: nobody else can make
	// one that replaces anything.
	Test seam.Seam
}

// Backend is a place where a store can be, for Config.Store. The package of each
// engine has its own.
type Backend = store.Backend

// Service is the service on one store. It is safe for concurrent use.
type Service struct {
	gate   *gate.Gate
	store  store.Store
	caller gate.Caller

	encrypt  func(recipients []string) (func(io.Writer) (io.WriteCloser, error), error)
	spoolDir string // where a backup is gathered; "": the system's for temporary files
}

var _ interface {
	api.Service
	api.Admin
} = (*Service)(nil)

// Open makes a Service. A bbolt file is opened by the first call only; a shared
// store is connected to at once. A MasterKey that is none is an ErrInvalid,
// which does not show it.
func Open(ctx context.Context, c Config) (*Service, error) {
	if c.DataDir == "" && c.Store == nil {
		return nil, fmt.Errorf("%w configuration: no data folder", resolve.ErrInvalid)
	}
	if c.Store == nil {
		c.Store = bolt.Config{Dir: c.DataDir, Held: c.Held}
	}
	if c.Caller == "" {
		c.Caller = account.Name()
	}
	if c.LockTimeout == 0 {
		c.LockTimeout = 10 * time.Second
	}
	test := seam.Of(c.Test)
	if test.Step == nil {
		test.Step = func(string) error { return nil }
	}
	keys, err := keysOf(c, test.Step)
	if err != nil {
		return nil, err
	}
	s := &Service{caller: gate.Owner(c.Caller), encrypt: c.Encrypt}
	s.store, err = c.Store.Open(ctx, store.Options{
		Init:        func(tx store.Tx) error { return s.gate.InitStore(tx) },
		LockTimeout: c.LockTimeout, Warn: c.Warn, TestStep: test.Step,
		Folders: []string{readsFolder}, Sequential: gate.Sequential(),
	})
	if err != nil {
		return nil, err
	}
	g := gate.Config{
		Store: s.store, Keys: keys, Now: c.Now, Warn: c.Warn, LongLived: true,
		AuditCopy: c.AuditCopy, TestSync: test.Sync, TestNoAudit: test.NoAudit,
	}
	if dir := s.store.Dir(); dir == "" {
		g.Trail = gate.Stored
	} else {
		s.spoolDir = dir
		g.Held, g.LongLived, g.ReadsDir = c.Held, c.Held, filepath.Join(dir, readsFolder)
	}
	s.gate = gate.New(g)
	return s, nil
}

// readsFolder is below the data folder: reads that are not in the chain yet.
const readsFolder = "reads"

func keysOf(c Config, step func(string) error) (gate.Keys, error) {
	if c.MasterKey != "" {
		k, err := seal.ParseKey(c.MasterKey)
		if err != nil {
			return gate.Keys{}, fmt.Errorf("SQUIRE_MASTER_KEY: %w", err)
		}
		return gate.Keys{Given: seal.RingOf(k)}, nil
	}
	if c.MasterKeyFile == "" {
		return gate.Keys{}, fmt.Errorf("%w configuration: no master key file", resolve.ErrInvalid)
	}
	path, err := filepath.Abs(c.MasterKeyFile)
	return gate.Keys{File: seal.File{Path: path, LockTimeout: c.LockTimeout, TestStep: step}}, err
}

// Location names the store: a path, or an address without its password.
func (s *Service) Location() string { return s.store.Location() }

// Close folds the reads of a held store into the audit trail, and ends the hold.
func (s *Service) Close() error { return errors.Join(s.gate.Close(), s.store.Close()) }
