package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

// measureCreate is durable creates, beside bbolt's own on the same disk.
func measureCreate(dir string) error {
	ours, err := startOurs(filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer ours.stop()
	db, err := bolt.Open(filepath.Join(dir, "raw.db"), 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType, NoStatistics: true})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err }); err != nil {
		return err
	}
	body := newSecret("secret-000000000000", 20)
	record := make([]byte, len(body))
	var n atomic.Int64
	next := func(int, int) []byte {
		name := fmt.Sprintf("secret-%012d", n.Add(1))
		return post("/v1/secrets", ours.token, strings.Replace(body, "secret-000000000000", name, 1))
	}
	for _, row := range []struct {
		what    string
		workers int
		put     func(fn func(*bolt.Tx) error) error
	}{
		{"creates a second, over bbolt's Batch       >=0.25 / 0.5  16 clients", 16, db.Batch},
		{"creates a second, over bbolt's Update      >=0.4 / 0.7    1 client ", 1, db.Update},
	} {
		db.MaxBatchSize = row.workers // its best setting: a full batch waits for nobody
		var ratios []float64
		for range rounds {
			raw := rawPuts(row.workers, func() error {
				key := fmt.Appendf(nil, "%012d", n.Add(1))
				return row.put(func(tx *bolt.Tx) error { return tx.Bucket([]byte("b")).Put(key, record) })
			})
			o, err := load(ours.addr, next, row.workers, length)
			if err != nil {
				return err
			}
			ratios = append(ratios, o.perSecond/raw)
		}
		fmt.Printf("%s: %.2f\n", row.what, median(ratios))
	}
	return nil
}

func rawPuts(workers int, put func() error) (perSecond float64) {
	var done atomic.Int64
	var group sync.WaitGroup
	begin := time.Now()
	for range workers {
		group.Go(func() {
			for time.Since(begin) < length {
				if put() != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(begin).Seconds()
}
