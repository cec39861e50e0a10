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
	oldest   = 15 // version of PostgreSQL
	// lockID is our own, so that migrations do not wait for those of other
	// programs in the same database.
	lockID = 0x737175697265 // "squire"
)

// migrate updates the schema to the version of this binary. Servers that start
// together take turns; if there is nothing to do, none waits.
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

// up runs the migrations. It takes the lock itself, because goose creates its
// table before it locks, and that table needs the schema.
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
	if !there { // a role that may not create schemas can use an existing one
		if _, err := conn.ExecContext(ctx, "create schema squire"); err != nil {
			return err
		}
	}
	_, err = p.Up(ctx)
	return err
}

// version is the version of the schema; 0 if there is none.
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
