// Package postgres keeps the store in a PostgreSQL database, for several servers
// at once: the second implementation of store.Store.
//
// Start with Open. It promises what the interface does: a reader sees one
// state; writers take turns, whichever server they are in; what has returned
// nil is durable, also where the database sets synchronous_commit to off; who
// listens hears what every server has changed.
//
// A deletion is followed by a VACUUM, once nobody can see the deleted rows any
// more. That frees their place in the table. It does not wipe the pages byte by
// byte, and reaches neither the write-ahead log, nor replicas that lag, nor
// backups that PostgreSQL makes: those keep what was deleted, sealed, for as
// long as they are kept.
//
// It needs PostgreSQL 15 or newer and sessions of its own: a pooler between
// must work by session, for migrations lock and listeners listen by session.
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

// Open connects, and creates or migrates the schema. A URL that is none is an
// ErrInvalid, which does not show it; a database that cannot be reached is an
// ErrUnavailable. Options.LockTimeout also limits the wait for readers who can
// still see what was deleted.
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
	purging chan struct{} // holds one: whose turn it is to purge

	silence time.Duration // after which the listener asks whether somebody is there

	life   context.Context // ends with Close
	end    context.CancelFunc
	beside sync.WaitGroup // what runs beside the calls
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

// prepare migrates, again and again while the database is away, as long as
// Config.Wait says.
func (s *Store) prepare(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, s.cfg.Wait)
	defer cancel()
	for wait := (backoff{}); ; {
		err := s.checkOwner(ctx) // before anything of it is run
		if err == nil {
			err = s.migrate(ctx)
		}
		if !errors.Is(err, errAway) || !wait.sleep(waiting) {
			return err
		}
	}
}

// Location is the address without user, password and settings. It is the same
// for all servers that are given the same host, port and database.
func (s *Store) Location() string { return s.location }

// Dir is "": servers on several machines share the store.
func (*Store) Dir() string { return "" }

// Exists asks the database, until it has said yes.
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

// Close waits for what is running and ends the connections.
func (s *Store) Close() error {
	s.group.Close()
	s.end()
	s.beside.Wait()
	s.pool.Close()
	return nil
}

// gone is for a store that was there: an empty one in its stead would look as
// if the secrets had never been.
func (s *Store) gone() error {
	return resolve.WithHint(fmt.Errorf("%w store: %s had one, and has none now", resolve.ErrCorrupt, s.location), "restore the database from a backup")
}
