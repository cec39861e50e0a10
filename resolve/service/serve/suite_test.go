package serve_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/api/client"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
	"github.com/squire-env/squire/resolve/service/servicetest"
)

// The suite that the embedded service passes, over HTTP.
func TestServed(t *testing.T) {
	servicetest.Run(t, func(t testing.TB, now func() time.Time) api.Service {
		dir := t.TempDir()
		svc, err := service.Open(context.Background(), service.Config{DataDir: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "key"), Held: true, Caller: "tester", Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return overHTTP(t, svc)
	})
}

// overHTTP serves svc, and returns a client whose caller is "tester".
func overHTTP(t testing.TB, svc *service.Service) api.Service {
	server := httptest.NewServer(serve.New(serve.Config{Service: svc, Identities: tester{}}).Handler())
	c, err := client.New(client.Config{Server: server.URL, Token: resolve.NewValue("header.payload.signature")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		server.Close()
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// tester is an issuer with one caller, an unrestricted admin.
type tester struct{}

func (tester) Identify(context.Context, string) (string, api.Scope, error) {
	return "tester", api.Scope{Role: api.RoleAdmin, Environments: []string{"*"}, Names: []string{"*"}}, nil
}
