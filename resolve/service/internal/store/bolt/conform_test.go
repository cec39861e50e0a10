package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/squire-env/squire/resolve/service/internal/store/bolt"
	"github.com/squire-env/squire/resolve/service/internal/store/storetest"
)

func TestConform(t *testing.T) {
	for name, held := range map[string]bool{"held": true, "on demand": false} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t testing.TB) storetest.Place {
				return storetest.Place{Backend: bolt.Config{Dir: filepath.Join(t.TempDir(), "data"), Held: held}, Shared: !held, Held: held, Waits: true}
			})
		})
	}
}
