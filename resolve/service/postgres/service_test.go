//go:build unix

package postgres

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/agefile"
	"github.com/squire-env/squire/resolve/service/servicetest"
)

// serve is a server on the database, with the keys of the folder.
func serve(t testing.TB, url, keys string, now func() time.Time) *service.Service {
	t.Helper()
	warn := func(s string) { t.Errorf("warning: %s", s) }
	svc, err := service.Open(context.Background(), service.Config{Store: Config{URL: url}, MasterKeyFile: filepath.Join(keys, "conf", "master.key"), Caller: "tester", Encrypt: agefile.Encrypt, Now: now, Warn: warn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
	return svc
}

func TestService(t *testing.T) {
	servicetest.Run(t, func(t testing.TB, now func() time.Time) api.Service {
		return serve(t, shared.Database(t), t.TempDir(), now)
	})
}

// Two servers on one database, with the same keys: no update is lost, each reads
// what the other wrote, and the audit chain is valid.
func TestTwoServers(t *testing.T) {
	url, keys := shared.Database(t), t.TempDir()
	servers := [2]*service.Service{serve(t, url, keys, nil), serve(t, url, keys, nil)}
	value := resolve.NewValue("v")
	if _, err := servers[0].CreateSecret(t.Context(), api.CreateSecretRequest{Name: "db", EnvDict: api.EnvDict{"K": value}}); err != nil {
		t.Fatal(err)
	}
	const each = 16
	var wg sync.WaitGroup
	for i, s := range servers {
		for j := range each {
			wg.Go(func() {
				key := fmt.Sprintf("K_%d_%d", i, j)
				if _, err := s.UpdateSecret(t.Context(), api.UpdateSecretRequest{Name: "db", EnvDict: api.EnvChanges{key: &value}}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	for _, s := range servers {
		r, err := s.Resolve(t.Context(), api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db"}}})
		if err != nil || len(r.Secrets[0].EnvDict) != 1+2*each {
			t.Fatal(err, len(r.Secrets))
		}
		if check, err := s.VerifyAudit(t.Context()); err != nil || check.Lines < 1+2*each {
			t.Errorf("%+v, %v", check, err)
		}
	}
}
