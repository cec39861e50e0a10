// Package postgres keeps a store in a PostgreSQL database, which several servers
// share.
//
// Start with Config, for service.Config.Store. A Store promises what store.Store
// does: a reader sees one state; the writers of all servers take turns; a write
// that returned nil is durable, even if the database sets synchronous_commit to
// off; the listener is notified of the changes of every server. The package makes
// no promise of compatibility to programs that import it.
//
// A deletion is followed by a VACUUM, once no transaction can see the deleted
// rows any more. That frees their space in the table. It does not overwrite the
// pages, and does not reach the write-ahead log, lagging replicas or backups of
// PostgreSQL: these keep the deleted records, sealed, as long as they exist.
//
// It needs PostgreSQL 15 or newer. A connection pooler must be in session mode,
// because migrations use session locks and LISTEN belongs to a session.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Config says which database. It is a store.Backend, for service.Config.
type Config struct {
	// URL is postgres://user:password@host:port/database?sslmode=…; required.
	// PGPASSWORD, PGPASSFILE and their like supply what it leaves out.
	URL string
	// Wait is how long Open retries while the database cannot be reached. 0: it
	// does not.
	Wait time.Duration
}

var _ store.Backend = Config{}

// Open connects, and creates or migrates the schema. An invalid URL is an
// ErrInvalid, which does not quote it; a database that cannot be reached is an
// ErrUnavailable. Options.LockTimeout also limits the wait of a deletion for
// readers that can still see the deleted rows.
func (c Config) Open(ctx context.Context, o store.Options) (store.Store, error) {
	s, err := open(ctx, c, o)
	if err != nil {
		return nil, err // not a nil *Store in the interface
	}
	return s, nil
}

// Store is a store in a PostgreSQL database.
type Store struct {
	cfg      settings
	location string
	pool     *pgxpool.Pool
	group    *store.Group

	seen    atomic.Bool   // there is a store
	locking atomic.Bool   // the writer waits for the lock
	purging chan struct{} // a lock of capacity 1: one purge at a time

	silence time.Duration // after which the listener checks its connection

	life       context.Context // ends with Close
	end        context.CancelFunc
	background sync.WaitGroup
}

type settings struct {
	Config
	store.Options
}

var _ store.Store = (*Store)(nil)

func open(ctx context.Context, c Config, o store.Options) (*Store, error) {
	o = o.WithDefaults()
	pc, err := parse(c.URL, o.LockTimeout)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: settings{c, o}, location: locationOf(pc.ConnConfig), purging: make(chan struct{}, 1), silence: 30 * time.Second}
	if s.pool, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), pc); err != nil {
		return nil, invalidURL()
	}
	s.group = store.NewGroup(s.transact)
	s.life, s.end = context.WithCancel(context.Background())
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare migrates the schema, and retries for Config.Wait while the database
// cannot be reached.
func (s *Store) prepare(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, s.cfg.Wait)
	defer cancel()
	for wait := (backoff{}); ; {
		err := s.checkOwner(ctx) // before anything in the schema is used
		if err == nil {
			err = s.migrate(ctx)
		}
		if !errors.Is(err, errRetry) || !wait.sleep(waiting) {
			return err
		}
	}
}

// Location is the address without user, password and settings. It is the same
// for all servers that are given the same host, port and database.
func (s *Store) Location() string { return s.location }

// Dir is "": servers on several machines share the store.
func (*Store) Dir() string { return "" }

// Exists asks the database, unless the store was seen before.
func (s *Store) Exists(ctx context.Context) (bool, error) {
	if s.seen.Load() {
		return true, nil
	}
	t, err := s.begin(ctx, reading)
	if err != nil {
		return false, err
	}
	defer t.end()
	return t.made, nil
}

// View runs fn in a read-only transaction on one snapshot.
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	t, err := s.begin(ctx, reading)
	if err != nil {
		return err
	}
	defer t.end()
	switch {
	case t.made:
	case s.seen.Load():
		return s.gone()
	default:
		return store.ErrAbsent
	}
	if err := fn(t); err != nil {
		return err
	}
	return t.failed
}

// Update runs fn in a transaction that excludes all other writers.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	var deleted *tx
	err := s.group.Update(ctx, func(st store.Tx) error {
		t := st.(*tx)
		before := t.deleted
		err := fn(t)
		if deleted = nil; t.deleted > before {
			deleted = t
		}
		return err
	})
	switch {
	case err != nil:
		return s.late(err)
	case deleted != nil:
		if err := s.purge(ctx, deleted.xact); err != nil {
			return &store.Unpurged{Err: err}
		}
	}
	return nil
}

// Close waits for running calls and closes the connections.
func (s *Store) Close() error {
	s.group.Close()
	s.end()
	s.background.Wait()
	s.pool.Close()
	return nil
}

// gone is the error if a store that was seen does not exist any more: a new,
// empty one would look as if the secrets had never existed.
func (s *Store) gone() error {
	return resolve.WithHint(fmt.Errorf("%w store: %s had one, and has none now", resolve.ErrCorrupt, s.location), "restore the database from a backup")
}
