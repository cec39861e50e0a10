package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/squire-env/squire/resolve"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	versions = "squire.goose_db_version"
	oldest   = 15 // of PostgreSQL
	// lockID keeps our migrations from waiting for those of others in the
	// same database.
	lockID = 0x737175697265 // "squire"
)

// migrate brings the schema up to this binary's. Servers that start together
// take turns; where there is nothing to do, none waits.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	newest := int64(len(names)) // they are numbered from 1
	have, err := s.version(ctx)
	switch {
	case err != nil || have == newest:
		return err
	case have > newest:
		return resolve.WithHint(fmt.Errorf("%w: the schema of %s has version %d, and this squired knows %d", resolve.ErrUnavailable, s.location, have, newest), "start a newer squired")
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID), lock.WithLockTimeout(1, 120))
	if err != nil {
		return err
	}
	err = s.up(ctx, files, locker)
	if err != nil && stateOf(err) == "" && ctx.Err() == nil {
		return fmt.Errorf("%w: migrating the schema of %s: %s", resolve.ErrUnavailable, s.location, innermost(err))
	}
	return s.fault(ctx, err)
}

// up takes the lock itself: goose looks for its table, and makes it, before it
// asks a locker of its own; and it needs the schema for that.
func (s *Store) up(ctx context.Context, files fs.FS, locker lock.SessionLocker) (err error) {
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName(versions),
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := locker.SessionLock(ctx, conn); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
		defer cancel()
		if uerr := locker.SessionUnlock(ctx, conn); err == nil {
			err = uerr
		}
	}()
	var there bool
	if err := conn.QueryRowContext(ctx, "select to_regnamespace('squire') is not null").Scan(&there); err != nil {
		return err
	}
	if !there { // who may not make it can be given it
		if _, err := conn.ExecContext(ctx, "create schema squire"); err != nil {
			return err
		}
	}
	_, err = p.Up(ctx)
	return err
}

// version is that of the schema; 0 where there is none.
func (s *Store) version(ctx context.Context) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var server int
	if err := s.pool.QueryRow(ctx, "select current_setting('server_version_num')::int").Scan(&server); err != nil {
		return 0, s.fault(ctx, err)
	}
	if server < oldest*10000 {
		return 0, fmt.Errorf("%w: %s is PostgreSQL %d, and squired needs %d or newer", resolve.ErrUnavailable, s.location, server/10000, oldest)
	}
	err = s.pool.QueryRow(ctx, "select coalesce(max(version_id), 0) from "+versions+" where is_applied").Scan(&n)
	var pe *pgconn.PgError
	if errors.As(err, &pe) && (pe.Code == undefinedTable || pe.Code == undefinedSchema) {
		return 0, nil
	}
	return n, s.fault(ctx, err)
}
