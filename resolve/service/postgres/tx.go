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

// tx is a transaction. Puts are buffered and sent together, because all other
// writers wait for each round trip under the lock.
type tx struct {
	s    *Store
	ctx  context.Context
	conn *pgxpool.Conn
	open bool // begun, and not ended

	made     bool // there is a store
	unpurged bool // an earlier purge has failed
	puts     map[place][]byte
	order    []place
	topics   []string
	deleted  int    // the number of deleted keys
	xact     string // the transaction id; set by commit if keys were deleted
	failed   error  // why the database has undone the transaction
	undone   bool   // failed is a conflict with another transaction
}

type place struct{ bucket, key string }

var _ store.Tx = (*tx)(nil)

func (*tx) nothing(tag) error { return nil }

// send sends a batch and reads all results. A batch always uses the extended
// protocol.
func (t *tx) send(ctx context.Context, limit time.Duration, b *pgx.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return t.conn.SendBatch(ctx, b).Close()
}

// do is send within the transaction. After an error, the transaction cannot be
// used any more.
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

// unsent reports that the server cannot have received the batch.
func unsent(err error) bool { return pgconn.SafeToRetry(err) }

// end releases the connection; what was not committed is undone.
func (t *tx) end() {
	if t.conn == nil {
		return
	}
	if t.open && !t.conn.Conn().IsClosed() {
		b := &pgx.Batch{}
		b.Queue("rollback")
		_ = t.send(context.WithoutCancel(t.ctx), connectTimeout, b) // if it fails, the pool closes the connection
	}
	t.conn.Release()
	t.conn = nil
}

// Get also sees the transaction's own writes.
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

// Put buffers the value until the next Scan or Delete, or the commit.
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
		value = []byte{} // an empty value, not NULL
	}
	t.puts[p] = value
	return nil
}

// flush returns the buffered puts as a batch.
func (t *tx) flush() *pgx.Batch {
	b := &pgx.Batch{}
	for _, p := range t.order {
		b.Queue("insert into squire.records values ($1, $2, $3) on conflict (bucket, key) do update set value = excluded.value", p.bucket, []byte(p.key), t.puts[p])
	}
	t.order, t.puts = nil, nil
	return b
}

// Delete counts the deleted rows: if there are none, no purge is needed.
func (t *tx) Delete(bucket, key string) error {
	b := t.flush()
	b.Queue("delete from squire.records where bucket = $1 and key = $2", bucket, []byte(key)).Exec(func(tag tag) error {
		t.deleted += int(tag.RowsAffected())
		return nil
	})
	return t.do(b)
}

// Notify buffers the topic until the commit.
func (t *tx) Notify(topic string) {
	if !slices.Contains(t.topics, topic) {
		t.topics = append(t.topics, topic)
	}
}
