package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// SQLSTATEs that are more to us than their text.
const (
	undefinedTable  = "42P01"
	undefinedSchema = "3F000"
	lockTimeout     = "55P03"
	serialization   = "40001"
	deadlock        = "40P01"
)

// errAway marks an error after which it is worth while to try again.
var errAway = errors.New("away")

// away is an ErrUnavailable with that mark, which its text does not show.
type away struct{ error }

func (e away) Unwrap() error        { return e.error }
func (e away) Is(target error) bool { return target == errAway }

// fault gives what PostgreSQL or the network said a name that callers know. It
// leaves out what may hold more than that: the settings of the connection
// (with its password), and the detail of an error (with a row).
func (s *Store) fault(ctx context.Context, err error) error {
	var pe *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case s.life.Err() != nil:
		return store.ErrClosed
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled):
		return context.Canceled
	case errors.As(err, &pe):
		return s.serverFault(pe)
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err):
		return away{fmt.Errorf("%w: %s did not answer in time: %w", resolve.ErrUnavailable, s.location, context.DeadlineExceeded)}
	}
	return away{resolve.WithHint(fmt.Errorf("%w: no connection to %s: %s", resolve.ErrUnavailable, s.location, innermost(err)), "is PostgreSQL running there? pg_isready -d '%s'", s.location)}
}

// serverFault is what the server itself said.
func (s *Store) serverFault(pe *pgconn.PgError) error {
	err := fmt.Errorf("%w: %s: %s (SQLSTATE %s)", resolve.ErrUnavailable, s.location, pe.Message, pe.Code)
	hint := func(format string, args ...any) error { return resolve.WithHint(err, format, args...) }
	switch pe.Code {
	case undefinedTable, undefinedSchema, "XX001", "XX002":
		return resolve.WithHint(fmt.Errorf("%w store: %s: %s (SQLSTATE %s)", resolve.ErrCorrupt, s.location, pe.Message, pe.Code), "restore the database from a backup")
	case "53100":
		return hint("make room on the disk of PostgreSQL; nothing that was stored is lost")
	case "53300":
		return away{hint("raise max_connections of PostgreSQL, or add pool_max_conns=N to the database URL")}
	case "25006":
		return hint("this server takes no writes: name the primary in the database URL, or add target_session_attrs=read-write to it")
	case "28P01", "28000":
		return hint("check user and password in the database URL, PGPASSWORD or PGPASSFILE, and pg_hba.conf")
	case "3D000":
		return hint("createdb with the name that the database URL ends with")
	case "42501":
		return hint("GRANT CREATE ON DATABASE … TO the role of squired, which must own the schema squire")
	case "57P01", "57P02", "57P03", "25P03", "08006", "08003", "08000":
		return away{err}
	}
	return err
}

// innermost is the cause without the names of connections around it.
func innermost(err error) string {
	for {
		switch e := err.(type) {
		case interface{ Unwrap() []error }:
			errs := e.Unwrap()
			if len(errs) == 0 {
				return err.Error()
			}
			err = errs[len(errs)-1] // of several hosts, the last that was tried
		case interface{ Unwrap() error }:
			inner := e.Unwrap()
			if inner == nil {
				return err.Error()
			}
			err = inner
		default:
			return err.Error()
		}
	}
}

// late is for who gave up before the transaction began: it says what it was
// that took so long.
func (s *Store) late(err error) error {
	if err != context.DeadlineExceeded { // the bare one: all others say more already
		return err
	}
	if s.locking.Load() {
		return fmt.Errorf("%w: %w", s.busy(), err)
	}
	return fmt.Errorf("%w: %s did not answer in time: %w", resolve.ErrUnavailable, s.location, err)
}

// busy names the writer whom others wait for.
func (s *Store) busy() error {
	err := fmt.Errorf("%w: the store %s is held by %s", resolve.ErrBusy, s.location, s.holder())
	return resolve.WithHint(err, "wait for it to end, or stop it")
}

func (s *Store) holder() string {
	ctx, cancel := context.WithTimeout(s.life, 500*time.Millisecond)
	defer cancel()
	var name, state string
	var pid, seconds int
	err := s.pool.QueryRow(ctx, `
		select a.pid, coalesce(nullif(a.application_name, ''), 'a session'), coalesce(a.state, 'active'), coalesce(extract(epoch from clock_timestamp() - a.xact_start), 0)::int
		from pg_locks l join pg_stat_activity a using (pid)
		where l.relation = 'squire.store'::regclass and l.database = (select oid from pg_database where datname = current_database())
		  and l.mode = 'ExclusiveLock' and l.granted`).Scan(&pid, &name, &state, &seconds)
	if err != nil {
		return "another server"
	}
	return fmt.Sprintf("%s, process %d of PostgreSQL (%s, for %d s)", name, pid, state, seconds)
}
