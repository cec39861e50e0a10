package service

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/agefile"
	"github.com/squire-env/squire/resolve/service/servicetest"
)

func TestMain(m *testing.M) {
	childMain() // does not return in a child of the kill loop
	goleak.VerifyTestMain(m)
}

func TestOnDemand(t *testing.T) { servicetest.Run(t, opener(false)) }

func TestHeld(t *testing.T) { servicetest.Run(t, opener(true)) }

func opener(held bool) servicetest.Open {
	return func(t testing.TB, now func() time.Time) api.Service {
		h := newHouse(t)
		return h.open(func(c *Config) { c.Held, c.Now = held, now })
	}
}

// house is a store and its key in a temporary folder.
type house struct {
	testing.TB
	dir, data, key string
}

func newHouse(t testing.TB) house {
	dir := t.TempDir()
	return house{t, dir, filepath.Join(dir, "data"), filepath.Join(dir, "config", "master.key")}
}

func (h house) open(change func(*Config)) *Service {
	h.Helper()
	c := Config{DataDir: h.data, MasterKeyFile: h.key, Caller: "tester", Encrypt: agefile.Encrypt, Warn: func(s string) { h.Errorf("warning: %s", s) }}
	if change != nil {
		change(&c)
	}
	s, err := Open(context.Background(), c)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := s.Close(); err != nil {
			h.Error(err)
		}
	})
	return s
}

func (h house) create(s *Service, name string, pairs ...string) {
	h.Helper()
	if _, err := s.CreateSecret(context.Background(), api.CreateSecretRequest{Name: name, EnvDict: dict(pairs...)}); err != nil {
		h.Fatal(err)
	}
}

func (h house) store() string { return filepath.Join(h.data, "store.db") }

func dict(pairs ...string) api.EnvDict {
	d := api.EnvDict{}
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i]] = resolve.NewValue(pairs[i+1])
	}
	return d
}

func one(s *Service, name string) (map[string]string, error) {
	r, err := s.Resolve(context.Background(), api.ResolveRequest{Secrets: []api.SecretRef{{Name: name}}})
	if err != nil {
		return nil, err
	}
	m := map[string]string{}
	for k, v := range r.Secrets[0].EnvDict {
		m[k] = v.Reveal()
	}
	return m, nil
}
