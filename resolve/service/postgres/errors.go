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

// SQLSTATEs that are handled in a special way.
const (
	undefinedTable  = "42P01"
	undefinedSchema = "3F000"
	lockTimeout     = "55P03"
	serialization   = "40001"
	deadlock        = "40P01"
)

// errRetry marks an error of a database that may be reachable again later.
var errRetry = errors.New("retry")

// retryable is an ErrUnavailable with that mark, which its text does not show.
type retryable struct{ error }

func (e retryable) Unwrap() error        { return e.error }
func (e retryable) Is(target error) bool { return target == errRetry }

// fault turns an error of PostgreSQL or the network into one of package resolve.
// It leaves out what may be confidential: the settings of the connection (with
// its password), and the detail of an error (with a row).
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
		return retryable{fmt.Errorf("%w: %s did not answer in time: %w", resolve.ErrUnavailable, s.location, context.DeadlineExceeded)}
	}
	return retryable{resolve.WithHint(fmt.Errorf("%w: no connection to %s: %s", resolve.ErrUnavailable, s.location, innermost(err)), "is PostgreSQL running there? pg_isready -d '%s'", s.location)}
}

// serverFault is fault for an error of the server itself.
func (s *Store) serverFault(pe *pgconn.PgError) error {
	err := fmt.Errorf("%w: %s: %s (SQLSTATE %s)", resolve.ErrUnavailable, s.location, pe.Message, pe.Code)
	hint := func(format string, args ...any) error { return resolve.WithHint(err, format, args...) }
	switch pe.Code {
	case undefinedTable, undefinedSchema, "XX001", "XX002":
		return resolve.WithHint(fmt.Errorf("%w store: %s: %s (SQLSTATE %s)", resolve.ErrCorrupt, s.location, pe.Message, pe.Code), "restore the database from a backup")
	case "53100":
		return hint("make room on the disk of PostgreSQL; nothing that was stored is lost")
	case "53300":
		return retryable{hint("raise max_connections of PostgreSQL, or add pool_max_conns=N to the database URL")}
	case "25006":
		return hint("this server is read-only: use the host of the primary in the database URL, or add target_session_attrs=read-write to it")
	case "28P01", "28000":
		return hint("check user and password in the database URL, PGPASSWORD or PGPASSFILE, and pg_hba.conf")
	case "3D000":
		return hint("run createdb with the name at the end of the database URL")
	case "42501":
		return hint("GRANT CREATE ON DATABASE … TO the role of squired, which must own the schema squire")
	case "57P01", "57P02", "57P03", "25P03", "08006", "08003", "08000":
		return retryable{err}
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
			err = errs[len(errs)-1] // with several hosts, that of the last one
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

// late is the error of a call whose ctx ended before the transaction began: it
// says what the call was waiting for.
func (s *Store) late(err error) error {
	if err != context.DeadlineExceeded { // not wrapped; a wrapped error says it already
		return err
	}
	if s.locking.Load() {
		return fmt.Errorf("%w: %w", s.busy(), err)
	}
	return fmt.Errorf("%w: %s did not answer in time: %w", resolve.ErrUnavailable, s.location, err)
}

// busy is the error of waiting for another writer, and names it.
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
