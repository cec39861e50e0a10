package service

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/seam"
)

func benchService(b *testing.B, held bool) *Service {
	dir := b.TempDir()
	s, err := Open(context.Background(), Config{DataDir: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "conf", "master.key"), Caller: "bench", Held: held})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func keys20() api.EnvDict {
	d := api.EnvDict{}
	for i := range 20 {
		d[fmt.Sprintf("KEY_%02d", i)] = resolve.NewValue(fmt.Sprintf("value-%02d-0123456789abcdef0123456789abcdef", i))
	}
	return d
}

// The cost of one secret at the start of a container.
func BenchmarkResolve20Keys(b *testing.B) {
	s := benchService(b, false)
	ctx := context.Background()
	if _, err := s.CreateSecret(ctx, api.CreateSecretRequest{Name: "db", EnvDict: keys20()}); err != nil {
		b.Fatal(err)
	}
	req := api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db", RequiredKeys: []string{"KEY_00"}}}}
	b.ResetTimer()
	for b.Loop() {
		if _, err := s.Resolve(ctx, req); err != nil {
			b.Fatal(err)
		}
	}
}

// Durable creates, 16 at once, compared with bbolt's own Batch on the same disk in
// the same run, with records of the same size, in alternating rounds. Batch runs
// with its default settings (it waits 10 ms for other calls), and with the best
// ones for this load, where a full batch never waits.
func BenchmarkCreate16(b *testing.B) {
	const workers = 16
	s := benchService(b, true)
	raw := func(name string) *bolt.DB {
		db, err := bolt.Open(filepath.Join(b.TempDir(), name), 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType, NoStatistics: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() })
		if err := db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err }); err != nil {
			b.Fatal(err)
		}
		return db
	}
	asItComes, best := raw("default.db"), raw("best.db")
	best.MaxBatchSize = workers
	ctx := context.Background()
	dict, record := keys20(), make([]byte, 20*60)
	var n atomic.Int64
	round := func(each int, op func(name string) error) time.Duration {
		start := time.Now()
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range each {
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
	batch := func(db *bolt.DB) func(string) error {
		return func(name string) error {
			return db.Batch(func(tx *bolt.Tx) error { return tx.Bucket([]byte("b")).Put([]byte(name), record) })
		}
	}
	const few, many = 8, 64
	var ours, theirs, waiting time.Duration
	for b.Loop() {
		waiting += round(few, batch(asItComes))
		theirs += round(many, batch(best))
		ours += round(many, func(name string) error {
			_, err := s.CreateSecret(ctx, api.CreateSecretRequest{Name: name, EnvDict: dict})
			return err
		})
	}
	b.ReportMetric(waiting.Seconds()*many/few/ours.Seconds(), "of-batch-as-it-comes")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "of-batch-at-its-best")
}

// The cost of the audit trail for a server's readers: durable before the answer,
// grouped but not durable, and without lines, in alternating rounds.
func BenchmarkAuditedResolve(b *testing.B) {
	for _, workers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			open := func(change func(*Config)) *Service {
				s := newHouse(b).open(func(c *Config) { c.Held = true; change(c) })
				if _, err := s.CreateSecret(b.Context(), api.CreateSecretRequest{Name: "db", EnvDict: keys20()}); err != nil {
					b.Fatal(err)
				}
				return s
			}
			var syncs atomic.Int64
			durable := open(func(c *Config) {})
			loose := open(func(c *Config) {
				c.Test = seam.New(seam.Options{Sync: func(*os.File) error { syncs.Add(1); return nil }})
			})
			none := open(func(c *Config) { c.Test = seam.New(seam.Options{NoAudit: true}) })
			req := api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db", RequiredKeys: []string{"KEY_00"}}}}
			const each = 500
			round := func(s *Service) time.Duration {
				start := time.Now()
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for range each {
							if _, err := s.Resolve(context.Background(), req); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				return time.Since(start)
			}
			// The time to overwrite as many bytes as a group has, durably.
			raw, err := os.Create(filepath.Join(b.TempDir(), "raw"))
			if err != nil {
				b.Fatal(err)
			}
			defer raw.Close()
			group := make([]byte, 150*workers)
			disk := func() time.Duration {
				const times = 50
				start := time.Now()
				for i := range times {
					if _, err := raw.WriteAt(group, int64(i*len(group))); err != nil {
						b.Fatal(err)
					}
					if err := raw.Sync(); err != nil {
						b.Fatal(err)
					}
				}
				return time.Since(start) * each / times
			}
			disk()
			var d, l, n, w time.Duration
			rounds := 0
			for b.Loop() {
				rounds++
				n += round(none)
				l += round(loose)
				w += disk()
				d += round(durable)
			}
			b.ReportMetric((n+w).Seconds()/d.Seconds(), "durable/none+disk")
			b.ReportMetric(n.Seconds()/d.Seconds(), "durable/none")
			b.ReportMetric(n.Seconds()/l.Seconds(), "loose/none")
			b.ReportMetric(d.Seconds()*1e6/float64(rounds*workers*each), "µs-durable")
			b.ReportMetric(n.Seconds()*1e6/float64(rounds*workers*each), "µs-none")
			b.ReportMetric(float64(rounds*workers*each)/float64(syncs.Load()), "a-group-loose")
		})
	}
}
