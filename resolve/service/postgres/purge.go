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

// purge comes after the commit of a transaction that deleted, beside the
// writers of all servers. Deleting leaves a note (squire.unpurged) until it
// has come to its end; what a crash has left is done after the next write.
// One purge serves all who have deleted before it began.
func (s *Store) purge(ctx context.Context, xact string) error {
	err := s.purgeFor(ctx, xact)
	if err != nil {
		return fmt.Errorf("deleted, but the deleted bytes are still in the table, until a later change: %w", err)
	}
	return nil
}

// purgeOfOthers is for a note that was left. It is no failure of the call at
// hand, and does not hold it up.
func (s *Store) purgeOfOthers() {
	select {
	case s.purging <- struct{}{}:
		<-s.purging
	default:
		return // it is being done
	}
	s.beside.Go(func() {
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
		return nil // another one's has served us
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

// notesOf also gives the newest transaction that has left a note and that this
// cluster can still be busy with: a note can come from a restored dump.
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

// seers are those who keep a VACUUM from removing what a transaction deleted.
const seers = `
	select 'process ' || pid || ' of PostgreSQL (' || coalesce(nullif(application_name, ''), backend_type) || ')' from pg_stat_activity
	where pid <> pg_backend_pid() and (datname = current_database() or datname is null) and pid not in (select pid from pg_stat_progress_vacuum)
	  and (age(backend_xmin) >= age($1::text::xid8::xid) or age(backend_xid) >= age($1::text::xid8::xid))
	union all select 'the replication slot ' || slot_name from pg_replication_slots where age(xmin) >= age($1::text::xid8::xid)
	union all select 'the prepared transaction ' || gid from pg_prepared_xacts where database = current_database() and age(transaction) >= age($1::text::xid8::xid)
	limit 1`

// unseen waits until nobody can see any more what was deleted.
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

// warningKey is where a connection keeps what it was warned of.
const warningKey = "squire warning"

func noteWarning(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" {
		c.CustomData()[warningKey] = (*pgconn.PgError)(n)
	}
}

// vacuum counts a warning as a failure: that is all that becomes of a VACUUM
// by who does not own the table.
func vacuum(ctx context.Context, conn *pgxpool.Conn) error {
	c := conn.Conn().PgConn()
	delete(c.CustomData(), warningKey)
	// No batch: it must be a transaction of its own.
	if err := c.ExecParams(ctx, "vacuum squire.records", nil, nil, nil, nil).Read().Err; err != nil {
		return err
	}
	if pe, ok := c.CustomData()[warningKey].(*pgconn.PgError); ok {
		return pe
	}
	return nil
}
