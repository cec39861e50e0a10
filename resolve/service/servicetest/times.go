package servicetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// A clock that stops, or goes back, does no harm.
func testClock(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "b", dict("A", "1"))
	k.create("", "a", nil)
	k.clock.Step(-time.Hour)
	k.create("", "older", nil)
	k.value("", "b")
	for i := range 3 {
		_, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "b", EnvDict: changes("A", fmt.Sprint(i))})
		k.ok(err)
		k.clock.Step(-time.Minute)
	}
	k.equal(k.value("", "b"), map[string]string{"A": "2"})
	l, err := k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	k.equal(names(l), []string{"b", "a", "older"})
	k.clock.Step(-100 * 365 * 24 * time.Hour) // before 1970
	k.create("", "ancient", nil)
	l, err = k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	k.equal(names(l), []string{"b", "a", "older", "ancient"})
}

func testLastUsed(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1"))
	k.create("", "other", nil)
	info := func() *api.Time {
		s, err := k.SecretInfo(k.ctx, api.SecretRequest{Name: "db"})
		k.ok(err)
		return s.LastUsedAt
	}
	if info() != nil {
		t.Fatal("used before its first use")
	}
	_, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db"}, {Name: "gone"}}})
	k.want(err, resolve.ErrNotFound)
	if info() != nil {
		t.Fatal("used by a call that answered nothing")
	}
	k.clock.Step(time.Second)
	used := api.NewTime(k.clock.Now())
	k.value("", "db")
	k.clock.Step(time.Second)
	k.equal(info(), &used)
	k.create("", "third", nil) // a write merges the reads
	k.equal(info(), &used)
	l, err := k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	for _, s := range l.Secrets {
		if (s.LastUsedAt != nil) != (s.Name == "db") {
			t.Fatalf("%+v", s)
		}
	}
	k.clock.Step(time.Second)
	used = api.NewTime(k.clock.Now())
	k.value("", "db")
	k.equal(info(), &used)
}

// 64 writers add one key each, based on the version they read; none is lost.
func testNoLostUpdate(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "n", nil)
	const writers = 64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for {
				s, err := k.SecretInfo(k.ctx, api.SecretRequest{Name: "n"})
				if err != nil {
					t.Error(err)
					return
				}
				_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "n", EnvDict: changes(fmt.Sprint("W", w), "x"), ExpectedVersion: s.Version})
				if err == nil {
					return
				}
				if !errors.Is(err, resolve.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	s, err := k.SecretInfo(k.ctx, api.SecretRequest{Name: "n"})
	k.ok(err)
	if len(s.Keys) != writers || s.Version != writers+1 {
		t.Fatalf("%d keys at version %d, want %d at %d", len(s.Keys), s.Version, writers, writers+1)
	}
}

func testContext(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", nil)
	ended, cancel := context.WithCancel(k.ctx)
	cancel()
	_, err := k.CreateSecret(ended, api.CreateSecretRequest{Name: "late"})
	k.want(err, context.Canceled)
	_, err = k.SecretInfo(k.ctx, api.SecretRequest{Name: "late"})
	k.want(err, resolve.ErrNotFound)
}
