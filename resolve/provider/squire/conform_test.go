package squire

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/providertest"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
)

var refused = []string{"/db", "prod/", "a/b/c", ".", "prod/..", "-e/db", "a b", "dé", strings.Repeat("n", 65)}

func TestConformEmbedded(t *testing.T) {
	providertest.Conform(t, func(t *testing.T) providertest.Backend {
		dir := t.TempDir()
		p, _ := openProvider(t, embeddedIn(dir))
		return backend(p, openService(t, dir, false))
	})
}

func TestConformServed(t *testing.T) {
	providertest.Conform(t, func(t *testing.T) providertest.Backend {
		other := openService(t, t.TempDir(), true)
		if _, err := other.CreateEnvironment(t.Context(), "prod"); err != nil {
			t.Fatal(err)
		}
		token, err := other.CreateToken(t.Context(), api.CreateTokenRequest{Name: "t", Scope: api.Scope{Role: api.RoleResolveOnly}})
		if err != nil {
			t.Fatal(err)
		}
		var hangs atomic.Bool
		ended := make(chan struct{})
		handler := serve.New(serve.Config{Service: other}).Handler()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hangs.Load() {
				<-ended
				return
			}
			handler.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		t.Cleanup(func() { close(ended) })
		p, _ := openProvider(t, Settings{Server: server.URL, Environment: "prod", Variables: Variables{Token: resolve.NewValue(token.Text.Reveal())}})
		b := backend(p, other)
		b.Hang = func() { hangs.Store(true) }
		return b
	})
}

func openService(t *testing.T, dir string, held bool) *service.Service {
	t.Helper()
	s, err := service.Open(t.Context(), service.Config{DataDir: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "key"), Held: held, Caller: "other"})
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

// backend is a provider, and the service behind it. The paths are those of the
// provider's active environment.
func backend(p resolve.Provider, other *service.Service) providertest.Backend {
	environment := ""
	if s, ok := p.(*served); ok {
		environment = s.environment
	}
	return providertest.Backend{
		Provider: p,
		Put: func(ctx context.Context, name string, dict map[string]string) error {
			values := api.EnvDict{}
			for k, v := range dict {
				values[k] = resolve.NewValue(v)
			}
			_, err := other.CreateSecret(ctx, api.CreateSecretRequest{Environment: environment, Name: name, EnvDict: values, IfExists: resolve.OverwriteIfExists})
			return err
		},
		Delete: func(ctx context.Context, name string) error {
			return other.DeleteSecret(ctx, api.DeleteRequest{Environment: environment, Name: name})
		},
		Refused: refused,
	}
}
