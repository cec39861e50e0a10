package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/service/internal/store/bolt"
	"github.com/squire-env/squire/resolve/service/internal/store/storetest"
)

func folder(dir string, held bool) storetest.Place {
	return storetest.Place{Shared: !held, Held: held, Waits: true, Open: func(t testing.TB, init func(store.Tx) error) store.Store {
		b, err := bolt.Open(bolt.Config{Dir: dir, Held: held, Init: init})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
		return b
	}}
}

func TestConform(t *testing.T) {
	for name, held := range map[string]bool{"held": true, "on demand": false} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t testing.TB) storetest.Place {
				return folder(filepath.Join(t.TempDir(), "data"), held)
			})
		})
	}
}
