package service

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// The error of a call that waits too long names the holder of the store.
func TestBusyNamesTheHolder(t *testing.T) {
	h := newHouse(t)
	h.create(h.open(nil), "db", "A", "1")
	cmd := h.child("hold", true)
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "holding\n" {
		t.Fatal(line, err)
	}
	s := h.open(func(c *Config) { c.LockTimeout = 20 * time.Millisecond })
	_, err = one(s, "db")
	_, werr := s.CreateSecret(context.Background(), api.CreateSecretRequest{Name: "x"})
	_, herr := one(h.open(func(c *Config) { c.Held, c.LockTimeout = true, 20*time.Millisecond }), "db")
	for _, err := range []error{err, werr, herr} {
		if !errors.Is(err, resolve.ErrBusy) || runtime.GOOS == "linux" && !strings.Contains(err.Error(), fmt.Sprintf("process %d (", cmd.Process.Pid)) {
			t.Errorf("%v, want the pid %d", err, cmd.Process.Pid)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	unhurried := h.open(nil)
	done := make(chan error)
	go func() { done <- errOf(unhurried.SecretInfo(ctx, api.SecretRequest{Name: "db"})) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the end of the context", err)
	}
	waited := make(chan error)
	go func() { waited <- errOf(one(unhurried, "db")) }()
	_ = in.Close()
	if err := <-waited; err != nil {
		t.Errorf("after the holder left: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := one(s, "db"); err != nil {
		t.Error(err)
	}
}

// Writers in several processes and goroutines wait for each other while deletes
// replace the file by compaction: no acknowledged write is lost.
func TestWaitingWritersAndCompaction(t *testing.T) {
	h := newHouse(t)
	h.create(h.open(nil), "seed")
	const writers, each = 6, 8
	var wg sync.WaitGroup
	for w := range writers {
		s := h.open(nil) // with its own file handles, like another process
		wg.Go(func() {
			ctx := context.Background()
			for i := range each {
				name := fmt.Sprintf("w%d-%d", w, i)
				_, err := s.CreateSecret(ctx, api.CreateSecretRequest{Name: name, EnvDict: dict("A", name)})
				if err == nil && i%2 == 1 {
					err = s.DeleteSecret(ctx, api.DeleteRequest{Name: fmt.Sprintf("w%d-%d", w, i-1)})
				}
				if err == nil {
					_, err = one(s, name)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	s := h.open(nil)
	l, err := s.ListSecrets(context.Background(), api.ListRequest{})
	if err != nil || len(l.Secrets) != 1+writers*each/2 {
		t.Fatalf("%d secrets, %v", len(l.Secrets), err)
	}
	seen := h.trail(h.open(nil))
	if seen["create"] != 1+writers*each || seen["delete"] != writers*each/2 {
		t.Fatal(seen)
	}
}

// Creates, updates and deletes in one process that holds the store, with readers
// all the time.
func TestHeldConcurrency(t *testing.T) {
	h := newHouse(t)
	s := h.open(func(c *Config) { c.Held = true })
	h.create(s, "seed", "A", "1")
	ctx, cancel := context.WithCancel(context.Background())
	var readers, writers sync.WaitGroup
	reads := make([]int, 4)
	for r := range reads {
		readers.Go(func() {
			for ctx.Err() == nil {
				if v, err := one(s, "seed"); err != nil || v["A"] != "1" {
					t.Error(v, err)
					return
				}
				reads[r]++
				if _, err := s.ListSecrets(context.Background(), api.ListRequest{Limit: 5}); err != nil {
					t.Error(err)
					return
				}
				runtime.Gosched()
			}
		})
	}
	for w := range 8 {
		writers.Go(func() {
			for i := range 10 {
				name := fmt.Sprintf("w%d-%d", w, i)
				h.create(s, name, "A", name)
				_, err := s.CreateSecret(ctx, api.CreateSecretRequest{Name: name}) // refused, in the same group
				if !errors.Is(err, resolve.ErrExists) {
					t.Error(err)
				}
				if i == 5 {
					if err := s.DeleteSecret(ctx, api.DeleteRequest{Name: name}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	writers.Wait()
	cancel()
	readers.Wait()
	h.create(s, "last")
	want := 0
	for _, n := range reads {
		want += n
	}
	seen := h.trail(s)
	if seen["resolve"] != want || seen["create"] != 2+8*10*2 || seen["delete"] != 8 {
		t.Fatalf("%v, want %d reads", seen, want)
	}
}
