//go:build unix

package serve_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/postgres"
	"github.com/squire-env/squire/resolve/service/postgres/pgtest"
	"github.com/squire-env/squire/resolve/service/servicetest"
)

// The same suite, over HTTP and on PostgreSQL.
func TestServedPostgres(t *testing.T) {
	database := pgtest.New(t)
	servicetest.Run(t, func(t testing.TB, now func() time.Time) api.Service {
		svc, err := service.Open(context.Background(), service.Config{Store: postgres.Config{URL: database.Database(t)}, MasterKeyFile: filepath.Join(t.TempDir(), "key"), Caller: "tester", Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return overHTTP(t, svc)
	})
}
