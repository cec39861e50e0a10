//go:build unix

package postgres

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/service/internal/store/storetest"
	"github.com/squire-env/squire/resolve/service/postgres/pgtest"
)

var shared pgtest.Server // for all tests that do not stop it

func TestMain(m *testing.M) {
	code := pgtest.Main(m, &shared)
	if err := goleak.Find(); err != nil && code == 0 {
		println(err.Error())
		code = 1
	}
	os.Exit(code)
}

func newStore(t testing.TB, url string, o store.Options) *Store {
	t.Helper()
	if o.Warn == nil {
		o.Warn = func(s string) { t.Errorf("warning: %s", s) }
	}
	s, err := open(t.Context(), Config{URL: url}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConform(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Place {
		return storetest.Place{Backend: Config{URL: shared.Database(t)}, Shared: true, Held: true, Hears: true}
	})
}
