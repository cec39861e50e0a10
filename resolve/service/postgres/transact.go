package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

type mode bool

const (
	reading mode = false
	writing mode = true
)

// Writers lock a table: an advisory lock could be taken by other programs.
// With READ COMMITTED each statement has its own snapshot, so a writer that gets
// the lock sees the commit of the one before; a snapshot of the whole transaction
// would be from before the wait.
const (
	beginRead  = "begin isolation level repeatable read read only"
	readState  = "select exists(select from squire.store)"
	beginWrite = "begin isolation level read committed"
	lockStore  = "lock table squire.store in exclusive mode"
	writeState = `select exists(select from squire.store), exists(select from squire.unpurged where at < now() - interval '10 s'),
		set_config('idle_in_transaction_session_timeout', $1, true),
		set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, true)`
)

// begin begins a transaction, in one round trip. If the connection turns out to be
// dead, it tries again once: nothing was done on it.
func (s *Store) begin(ctx context.Context, m mode) (*tx, error) {
	for again := false; ; again = true {
		if m == writing {
			s.locking.Store(false)
		}
		conn, err := s.pool.Acquire(ctx)
		if err != nil {
			return nil, s.fault(ctx, err)
		}
		t := &tx{s: s, ctx: ctx, conn: conn, open: true}
		b := &pgx.Batch{}
		limit := statementTimeout
		if m == writing {
			b.Queue(beginWrite)
			b.Queue(lockStore).Exec(t.nothing)
			b.Queue(writeState, milliseconds(s.cfg.LockTimeout/2)).QueryRow(func(r pgx.Row) error {
				var ignored string
				return r.Scan(&t.made, &t.unpurged, &ignored, &ignored)
			})
			limit += s.cfg.LockTimeout
			s.locking.Store(true)
		} else {
			b.Queue(beginRead)
			b.Queue(readState).QueryRow(func(r pgx.Row) error { return r.Scan(&t.made) })
		}
		if err = t.send(ctx, limit, b); err == nil {
			if m == writing {
				s.locking.Store(false) // after a failure late needs it
			}
			if t.made {
				s.seen.Store(true)
			}
			return t, nil
		}
		dead := conn.Conn().IsClosed()
		t.end()
		switch {
		case dead && !again && ctx.Err() == nil:
			s.pool.Reset() // the other connections are probably dead too
			continue
		case stateOf(err) == lockTimeout:
			return nil, fmt.Errorf("%w (waited %s)", s.busy(), s.cfg.LockTimeout.Round(time.Millisecond))
		}
		return nil, s.fault(ctx, err)
	}
}

// attempts is how often a transaction runs if the database undoes it because of a
// conflict. Only another program can cause one, for our writers take turns.
const attempts = 3

// transact is one transaction of the group.
func (s *Store) transact(ctx context.Context, fn func(store.Tx) error) error {
	for n := 1; ; n++ {
		t, err := s.begin(ctx, writing)
		if err != nil {
			return err
		}
		if err = s.run(t, fn); err == nil {
			return nil
		}
		if !t.undone || n == attempts {
			return err
		}
	}
}

func (s *Store) run(t *tx, fn func(store.Tx) error) error {
	defer t.end()
	if !t.made {
		if s.seen.Load() {
			return s.gone()
		}
		if err := t.make(); err != nil {
			return err
		}
	}
	if err := fn(t); err != nil {
		return err
	}
	if err := s.cfg.TestStep("commit"); err != nil {
		return err
	}
	if err := t.commit(); err != nil {
		return err
	}
	s.seen.Store(true)
	if t.unpurged {
		s.purgeOfOthers()
	}
	return nil
}

// make creates the store. The caller has the lock, so only one server does it.
func (t *tx) make() error {
	b := &pgx.Batch{}
	b.Queue("insert into squire.store default values")
	if err := t.do(b); err != nil || t.s.cfg.Init == nil {
		return err
	}
	return t.s.cfg.Init(t)
}

// commit sends the buffered puts, the notifications and the commit, in one round
// trip. It ignores the end of the caller's context.
func (t *tx) commit() error {
	if t.failed != nil {
		return t.failed
	}
	b := t.flush()
	if t.deleted > 0 {
		b.Queue("insert into squire.unpurged default values returning xact::text").QueryRow(func(r pgx.Row) error { return r.Scan(&t.xact) })
	}
	for _, p := range payloads(t.topics) {
		b.Queue("select pg_notify($1, $2)", channel, p).Exec(t.nothing)
	}
	committed, undone := false, false
	b.Queue("commit").Exec(func(tag tag) error {
		committed, undone = tag.String() == "COMMIT", tag.String() == "ROLLBACK"
		return nil
	})
	err := t.send(context.WithoutCancel(t.ctx), statementTimeout, b)
	t.open = t.open && !committed && !undone
	switch {
	case committed:
		return nil
	case undone:
		return fmt.Errorf("%w: %s has undone the transaction", resolve.ErrUnavailable, t.s.location)
	case t.conn.Conn().IsClosed() && !unsent(err):
		return resolve.WithHint(fmt.Errorf("%w: the connection to %s ended during the commit: it is not known whether the change was made", resolve.ErrUnavailable, t.s.location),
			"check whether the change was made, and repeat it if not")
	}
	return t.fail(err)
}
