package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

// The page sizes of a scan. Often the first page is enough; large records make the
// pages small again. There are few sizes, because each is a prepared statement.
var pages = [...]int{16, 128, 1024}

const (
	smallPage = 64 << 10 // bytes
	largePage = 4 << 20
)

type record struct {
	key   string
	value []byte
}

// Scan reads page by page, so that fn can use the connection.
func (t *tx) Scan(bucket string, r store.Range, fn func(string, []byte) (bool, error)) error {
	low, high := r.Prefix, store.PrefixEnd(r.Prefix) // low ≤ key, and key < high unless that is ""
	switch {
	case r.From == "":
	case r.Reverse && (high == "" || r.From < high):
		high = r.From
	case !r.Reverse:
		low = max(low, r.From)
	}
	if err := t.do(t.flush()); err != nil {
		return err
	}
	for size := 0; ; {
		limit := pages[size]
		page, bytes, err := t.page(bucket, low, high, r.Reverse, limit)
		if err != nil {
			return err
		}
		for _, rec := range page {
			if more, err := fn(rec.key, rec.value); err != nil || !more {
				return err
			}
		}
		if len(page) < limit {
			return nil
		}
		last := page[len(page)-1].key
		if r.Reverse {
			high = last
		} else {
			low = last + "\x00" // the lowest possible key after it
		}
		if bytes <= smallPage {
			size = min(size+1, len(pages)-1)
		} else if bytes > largePage {
			size = 0
		}
	}
}

func (t *tx) page(bucket, low, high string, reverse bool, limit int) (page []record, bytes int, err error) {
	sql, args := "select key, value from squire.records where bucket = $1 and key >= $2", []any{bucket, []byte(low)}
	if high != "" {
		sql, args = sql+" and key < $3", append(args, []byte(high))
	}
	sql += " order by key"
	if reverse {
		sql += " desc"
	}
	b := &pgx.Batch{}
	b.Queue(fmt.Sprintf("%s limit %d", sql, limit), args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var key, value []byte
			if err := rows.Scan(&key, &value); err != nil {
				return err
			}
			page = append(page, record{string(key), value})
			bytes += len(key) + len(value)
		}
		return rows.Err()
	})
	return page, bytes, t.do(b)
}
