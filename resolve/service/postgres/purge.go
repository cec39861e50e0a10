package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/squire-env/squire/resolve"
)

// purge runs after the commit of a transaction that deleted, concurrently with
// other writers. The transaction has added a row to squire.unpurged, which purge
// removes; after a crash, a later write starts the purge again. One purge serves
// all transactions that deleted before it began.
func (s *Store) purge(ctx context.Context, xact string) error {
	err := s.purgeFor(ctx, xact)
	if err != nil {
		return fmt.Errorf("deleted, but the deleted bytes are still in the table, until a later change: %w", err)
	}
	return nil
}

// purgeOfOthers purges for a row that another transaction has left. It runs in the
// background; an error is a warning.
func (s *Store) purgeOfOthers() {
	select {
	case s.purging <- struct{}{}:
		<-s.purging
	default:
		return // a purge is running
	}
	s.background.Go(func() {
		if err := s.purgeFor(s.life, ""); err != nil && s.life.Err() == nil {
			s.cfg.Warn(fmt.Sprintf("an earlier deletion: the deleted bytes are still in the table, until a later change: %v", err))
		}
	})
}

func (s *Store) purgeFor(ctx context.Context, xact string) error {
	select {
	case s.purging <- struct{}{}:
		defer func() { <-s.purging }()
	case <-ctx.Done():
		return s.fault(ctx, ctx.Err())
	}
	if err := s.cfg.TestStep("purge"); err != nil {
		return err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.fault(ctx, err)
	}
	defer conn.Release()
	notes, newest, err := notesOf(ctx, conn)
	if err != nil {
		return s.fault(ctx, err)
	}
	if len(notes) == 0 || xact != "" && !slices.Contains(notes, xact) {
		return nil // an earlier purge has served this transaction
	}
	if err := s.unseen(ctx, conn, newest); err != nil {
		return err
	}
	if err := vacuum(ctx, conn); err != nil {
		return s.fault(ctx, err)
	}
	_, err = conn.Exec(ctx, "delete from squire.unpurged where xact::text = any($1)", notes)
	return s.fault(ctx, err)
}

// notesOf returns the rows of squire.unpurged, and the newest transaction of them
// that readers of this cluster may still see: a row can also come from a restored
// dump.
func notesOf(ctx context.Context, conn *pgxpool.Conn) (all []string, newest string, err error) {
	rows, err := conn.Query(ctx, "select xact::text, xact < pg_snapshot_xmax(pg_current_snapshot()) from squire.unpurged order by xact")
	if err != nil {
		return nil, "", err
	}
	var xact string
	var ours bool
	_, err = pgx.ForEachRow(rows, []any{&xact, &ours}, func() error {
		if all = append(all, xact); ours {
			newest = xact
		}
		return nil
	})
	return all, newest, err
}

// seers selects what keeps VACUUM from removing the rows that a transaction
// deleted.
const seers = `
	select 'process ' || pid || ' of PostgreSQL (' || coalesce(nullif(application_name, ''), backend_type) || ')' from pg_stat_activity
	where pid <> pg_backend_pid() and (datname = current_database() or datname is null) and pid not in (select pid from pg_stat_progress_vacuum)
	  and (age(backend_xmin) >= age($1::text::xid8::xid) or age(backend_xid) >= age($1::text::xid8::xid))
	union all select 'the replication slot ' || slot_name from pg_replication_slots where age(xmin) >= age($1::text::xid8::xid)
	union all select 'the prepared transaction ' || gid from pg_prepared_xacts where database = current_database() and age(transaction) >= age($1::text::xid8::xid)
	limit 1`

// unseen waits until no transaction can see the deleted rows any more.
func (s *Store) unseen(ctx context.Context, conn *pgxpool.Conn, xact string) error {
	if xact == "" {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.LockTimeout)
	defer cancel()
	for wait := (backoff{}); ; {
		rows, err := conn.Query(ctx, seers, xact)
		if err != nil {
			return s.fault(ctx, err)
		}
		who, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return s.fault(ctx, err)
		}
		if len(who) == 0 {
			return nil
		}
		if !wait.sleep(limited) {
			return resolve.WithHint(fmt.Errorf("%w: %s can still see them", resolve.ErrBusy, who[0]), "wait for it to end, or stop it")
		}
	}
}

// warningKey is the key of the last warning in the data of a connection.
const warningKey = "squire warning"

func noteWarning(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" {
		c.CustomData()[warningKey] = (*pgconn.PgError)(n)
	}
}

// vacuum returns a warning as an error: VACUUM only warns, and does nothing, if
// the role does not own the table.
func vacuum(ctx context.Context, conn *pgxpool.Conn) error {
	c := conn.Conn().PgConn()
	delete(c.CustomData(), warningKey)
	// Not in a batch: VACUUM cannot run in a transaction with other statements.
	if err := c.ExecParams(ctx, "vacuum squire.records", nil, nil, nil, nil).Read().Err; err != nil {
		return err
	}
	if pe, ok := c.CustomData()[warningKey].(*pgconn.PgError); ok {
		return pe
	}
	return nil
}
