//go:build unix

package postgres

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Durable puts, one and 16 at once, compared with a plain upsert on the same server
// through the same pool, in alternating rounds: it shows the cost of taking turns,
// and what is saved by sharing a commit.
func BenchmarkPut(b *testing.B) {
	for _, workers := range []int{1, 16} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			s := newStore(b, shared.Database(b), store.Options{})
			ctx := context.Background()
			if _, err := s.pool.Exec(ctx, "create table plain (like squire.records including all)"); err != nil {
				b.Fatal(err)
			}
			record := make([]byte, 1200)
			var n atomic.Int64
			round := func(op func(key string) error) time.Duration {
				start := time.Now()
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for range 50 {
							if err := op(fmt.Sprintf("secret-%09d", n.Add(1))); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				return time.Since(start)
			}
			plain := func(key string) error {
				_, err := s.pool.Exec(ctx, "insert into plain values ($1, $2, $3) on conflict (bucket, key) do update set value = excluded.value", "b", []byte(key), record)
				return err
			}
			ours := func(key string) error {
				return s.Update(ctx, func(tx store.Tx) error { return tx.Put("b", key, record) })
			}
			round(plain)
			round(ours)
			var theirTime, ourTime time.Duration
			for b.Loop() {
				theirTime += round(plain)
				ourTime += round(ours)
			}
			b.ReportMetric(theirTime.Seconds()/ourTime.Seconds(), "of-plain-upserts")
		})
	}
}
