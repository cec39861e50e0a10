// Package service is the named-secret service in-process, with no network: what
// the command line runs on an embedded store, and what squired serves.
//
// Start with Open. It promises: a value is on the disk only sealed; a call that
// has returned nil survives kill -9; a store that cannot be trusted is an
// error, never an empty store; each access is in the audit trail.
package service

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	// Store is a store that several servers share, instead of DataDir and Held:
	// one of package postgres. Close closes it. Nil: a bbolt file.
	Store store.Store
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

// Open makes a Service; neither store nor key is touched yet. A MasterKey that
// is none is an ErrInvalid, which does not show it.
func Open(c Config) (*Service, error) {
	if c.DataDir == "" && c.Store == nil {
		return nil, fmt.Errorf("%w configuration: no data folder", resolve.ErrInvalid)
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
	s := &Service{caller: gate.Owner(c.Caller), store: c.Store, encrypt: c.Encrypt}
	init := func(tx store.Tx) error { return s.gate.InitStore(tx) }
	g := gate.Config{
		Keys: keys, Now: c.Now, Warn: c.Warn, LongLived: c.Held || c.Store != nil,
		AuditCopy: c.AuditCopy, TestSync: test.Sync, TestNoAudit: test.NoAudit,
	}
	if shared, ok := c.Store.(sharedStore); ok {
		shared.SetInit(init)
		g.Trail = gate.Stored
	} else if c.Store != nil {
		return nil, fmt.Errorf("%w configuration: a store that cannot be shared", resolve.ErrInvalid)
	} else {
		b, err := bolt.Open(bolt.Config{
			Dir: c.DataDir, Held: c.Held, LockTimeout: c.LockTimeout, Warn: c.Warn, TestStep: test.Step,
			Folders: []string{readsFolder}, Sequential: gate.Sequential(), Init: init,
		})
		if err != nil {
			return nil, err
		}
		s.store, s.spoolDir = b, filepath.Dir(b.Location())
		g.Held, g.ReadsDir = c.Held, filepath.Join(filepath.Dir(b.Location()), readsFolder)
	}
	g.Store = s.store
	s.gate = gate.New(g)
	return s, nil
}

// sharedStore is a store that is opened before the gate that fills it.
type sharedStore interface {
	store.Store
	SetInit(fn func(store.Tx) error)
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
	return gate.Keys{File: seal.File{
		Path:         path,
		CheckPrivate: func(path string, info fs.FileInfo) error { return bolt.CheckPrivate(path, info) },
		MakeDir:      bolt.MakeDir,
		SyncDir:      bolt.SyncDir,
		Adopt:        bolt.Adopt,
		LinkNew:      bolt.LinkNew,
		Lock:         func(path string) (func(), error) { return bolt.LockFile(path, c.LockTimeout) },
		TestStep:     step,
	}}, err
}

// Location names the store: a path, or an address without its password.
func (s *Service) Location() string { return s.store.Location() }

// Close folds the reads of a held store into the audit trail, and ends the hold.
func (s *Service) Close() error { return errors.Join(s.gate.Close(), s.store.Close()) }
