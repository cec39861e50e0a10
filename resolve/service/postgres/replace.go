package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

var _ store.Replacer = (*Store)(nil)

// replaceBatch limits the memory of a replacement: it is the number of bytes after
// which records are sent.
const replaceBatch = 4 << 20

// Replace is one transaction under the writers' lock: readers see the old store
// until the commit, and the new one from then on. The commit follows Ready; a
// crash between the two leaves the old store.
func (s *Store) Replace(ctx context.Context, r store.Replacement) error {
	t, err := s.begin(ctx, writing)
	if err != nil {
		return err
	}
	defer t.end()
	if t.made && !r.Force {
		return resolve.WithHint(fmt.Errorf("the store %s %w", s.location, resolve.ErrExists), "replace it and all that is in it with --force, or set another --database-url")
	}
	if err := t.empty(); err != nil {
		return err
	}
	size := 0
	err = r.Fill(func(bucket, key string, value []byte) error {
		if err := t.Put(bucket, key, append([]byte(nil), value...)); err != nil {
			return err
		}
		if size += len(key) + len(value); size < replaceBatch {
			return nil
		}
		size = 0
		return t.do(t.flush())
	})
	if err != nil {
		return err
	}
	if err := t.do(t.flush()); err != nil {
		return err
	}
	if err := r.Check(t); err != nil {
		return err
	}
	if err := r.Ready(); err != nil {
		return err
	}
	if err := s.cfg.TestStep("replace"); err != nil {
		return err
	}
	t.Notify(anything)
	if err := t.commit(); err != nil {
		return err
	}
	s.seen.Store(true)
	if t.deleted > 0 {
		return s.purge(ctx, t.xact)
	}
	return nil
}

// empty deletes all records, and creates the store if there is none.
func (t *tx) empty() error {
	b := &pgx.Batch{}
	b.Queue("delete from squire.records").Exec(func(tag tag) error {
		t.deleted += int(tag.RowsAffected())
		return nil
	})
	b.Queue("insert into squire.store default values on conflict do nothing")
	return t.do(b)
}
