package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

type tag = pgconn.CommandTag

// tx is a transaction. What it puts is kept back and sent together: each round
// trip under the lock is one that all other writers wait for.
type tx struct {
	s    *Store
	ctx  context.Context
	conn *pgxpool.Conn
	open bool // begun, and not ended

	made     bool // there is a store
	unpurged bool // somebody did not come to purge
	puts     map[place][]byte
	order    []place
	topics   []string
	deleted  int    // how many keys were
	xact     string // set by the commit of a transaction that deleted
	failed   error  // what the database has undone the transaction for
	undone   bool   // … for the sake of another one
}

type place struct{ bucket, key string }

var _ store.Tx = (*tx)(nil)

func (*tx) nothing(tag) error { return nil }

// send sends a batch and reads all answers. Always the extended protocol: a
// batch has no other.
func (t *tx) send(ctx context.Context, limit time.Duration, b *pgx.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return t.conn.SendBatch(ctx, b).Close()
}

// do is send within the transaction: after an error, nothing can be done in it
// any more.
func (t *tx) do(b *pgx.Batch) error {
	if t.failed != nil || b.Len() == 0 {
		return t.failed
	}
	return t.fail(t.send(t.ctx, statementTimeout, b))
}

func (t *tx) fail(err error) error {
	if err != nil && t.failed == nil {
		state := stateOf(err)
		t.undone = state == serialization || state == deadlock
		t.failed = t.s.fault(t.ctx, err)
	}
	return t.failed
}

func stateOf(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code
	}
	return ""
}

// unsent says that the server cannot have seen a batch.
func unsent(err error) bool { return pgconn.SafeToRetry(err) }

// end gives the connection back; what was not committed is undone.
func (t *tx) end() {
	if t.conn == nil {
		return
	}
	if t.open && !t.conn.Conn().IsClosed() {
		b := &pgx.Batch{}
		b.Queue("rollback")
		_ = t.send(context.WithoutCancel(t.ctx), connectTimeout, b) // if it fails, the pool ends the connection
	}
	t.conn.Release()
	t.conn = nil
}

// Get reads its own writes.
func (t *tx) Get(bucket, key string) (value []byte, err error) {
	if v, ok := t.puts[place{bucket, key}]; ok {
		return bytes.Clone(v), nil
	}
	b := &pgx.Batch{}
	b.Queue("select value from squire.records where bucket = $1 and key = $2", bucket, []byte(key)).QueryRow(func(r pgx.Row) error {
		err := r.Scan(&value)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return value, t.do(b)
}

// Put keeps it until the next Scan, Delete or the commit.
func (t *tx) Put(bucket, key string, value []byte) error {
	if t.failed != nil {
		return t.failed
	}
	if t.puts == nil {
		t.puts = map[place][]byte{}
	}
	p := place{bucket, key}
	if _, again := t.puts[p]; !again {
		t.order = append(t.order, p)
	}
	if value == nil {
		value = []byte{} // a value, not the lack of one
	}
	t.puts[p] = value
	return nil
}

// flush is what was kept back, to be sent.
func (t *tx) flush() *pgx.Batch {
	b := &pgx.Batch{}
	for _, p := range t.order {
		b.Queue("insert into squire.records values ($1, $2, $3) on conflict (bucket, key) do update set value = excluded.value", p.bucket, []byte(p.key), t.puts[p])
	}
	t.order, t.puts = nil, nil
	return b
}

// Delete asks whether there was something: only then is there to be purged.
func (t *tx) Delete(bucket, key string) error {
	b := t.flush()
	b.Queue("delete from squire.records where bucket = $1 and key = $2", bucket, []byte(key)).Exec(func(tag tag) error {
		t.deleted += int(tag.RowsAffected())
		return nil
	})
	return t.do(b)
}

// Notify keeps it for the commit.
func (t *tx) Notify(topic string) {
	if !slices.Contains(t.topics, topic) {
		t.topics = append(t.topics, topic)
	}
}
