// Package service is the named-secret service in-process, without a network: the
// command line runs it on an embedded store, and squired serves it.
//
// Start with Open. It promises: values are stored only encrypted; a write that
// returned nil survives kill -9; a damaged or missing store is an error, never an
// empty store; every access is in the audit trail. The package makes no promise of
// compatibility to programs that import it.
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

// Config says where the store is and who the caller is.
type Config struct {
	// DataDir holds the store, 0700; created by the first write. Required unless
	// Store is set.
	DataDir string
	// Store is a store that several servers share: a postgres.Config. It replaces
	// DataDir and Held. Nil: a bbolt file in DataDir.
	Store Backend
	// MasterKeyFile is the keyring, 0600; created by the first write of a new
	// store. Required unless MasterKey is set.
	MasterKeyFile string
	// MasterKey is base64 of 32 bytes, used instead of the file. "": the file.
	MasterKey string
	// Caller is the name for created_by and the audit trail. "": the account that
	// this process runs under, from the system's user database and never from
	// $USER.
	Caller string
	// Held keeps the store open and locked from the first call to Close, and lets
	// concurrent writes share a commit: for a server. False: each call opens the
	// store, and other processes can use it in between.
	Held bool
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// LockTimeout limits the wait for another process. 0: 10 s.
	LockTimeout time.Duration
	// Warn is called for problems that do not fail a call, such as an audit line
	// that cannot be written on a read-only medium. It must be safe for concurrent
	// use. Nil: warnings are dropped.
	Warn func(string)
	// Encrypt returns a function that encrypts a backup to the recipients:
	// agefile.Encrypt. Nil: this service makes no backups.
	Encrypt func(recipients []string) (func(io.Writer) (io.WriteCloser, error), error)
	// AuditCopy receives a copy of each audit line, as one line of JSON, before
	// the answer. If it returns an error, the access is refused. Nil: no copy.
	AuditCopy io.Writer
	// Test is for the tests and benchmarks below this folder. Other packages
	// cannot make one that replaces anything.
	Test seam.Seam
}

// Backend is a kind of store, for Config.Store. Each engine's package has one.
type Backend = store.Backend

// Service is the service on one store. It is safe for concurrent use.
type Service struct {
	gate   *gate.Gate
	store  store.Store
	caller gate.Caller

	encrypt  func(recipients []string) (func(io.Writer) (io.WriteCloser, error), error)
	spoolDir string // for the temporary file of a backup; "": the system's folder
}

var _ interface {
	api.Service
	api.Admin
} = (*Service)(nil)

// Open makes a Service. It connects to a shared store; a bbolt file is opened by
// the first call. An invalid MasterKey is an ErrInvalid, which does not quote it.
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

// readsFolder is the folder, in the data folder, of the reads that are not in the
// audit chain yet.
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

// Location is the path of the store, or its address without the password.
func (s *Service) Location() string { return s.store.Location() }

// Close moves the recorded reads of a server into the audit chain, and closes the
// store.
func (s *Service) Close() error { return errors.Join(s.gate.Close(), s.store.Close()) }
