package squire

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
)

func open(t *testing.T, dir string) *resolve.Client {
	t.Helper()
	p, _ := openProvider(t, embeddedIn(dir))
	return clientOf(p)
}

func embeddedIn(dir string) Settings {
	return Settings{Variables: Variables{DataDir: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "key")}}
}

func openProvider(t *testing.T, s Settings) (resolve.Manager, io.Closer) {
	t.Helper()
	p, closer, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closer.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, closer
}

func clientOf(p resolve.Provider) *resolve.Client {
	return resolve.NewClient(resolve.ClientConfig{Providers: map[string]resolve.Provider{"": p}})
}

func p(s string) *string { return &s }

// TestSecretsAsModalHasThem walks the Go API on a real embedded store.
func TestSecretsAsModalHasThem(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	client := open(t, dir)
	objects := client.Objects()

	// Reading creates neither a store nor a key.
	if list, err := objects.List(ctx); err != nil || len(list) != 0 {
		t.Fatalf("%v %v", list, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Fatalf("reading made %v", files)
	}

	if err := objects.Create(ctx, "db", map[string]*string{"U": p("app"), "NIL": nil}); err != nil {
		t.Fatal(err)
	}
	if err := objects.Create(ctx, "db", map[string]*string{"U": p("other")}); !errors.Is(err, resolve.ErrExists) {
		t.Errorf("twice: %v", err)
	}
	if err := objects.Create(ctx, "db", map[string]*string{"U": p("other")}, resolve.AllowExisting()); err != nil {
		t.Errorf("allowed: %v", err)
	}
	if err := objects.Create(ctx, "replaced", nil); err != nil {
		t.Fatal(err)
	}
	if err := objects.Create(ctx, "main/replaced", map[string]*string{"U": p("new")}, resolve.Replace()); err != nil {
		t.Errorf("replace: %v", err)
	}
	if i, err := resolve.FromName("replaced", resolve.WithClient(client)).Info(ctx); err != nil || i.Version != 2 {
		t.Errorf("%+v %v", i, err)
	}
	if err := objects.Create(ctx, "replaced", nil, resolve.Replace(), resolve.AllowExisting()); !errors.Is(err, resolve.ErrInvalid) {
		t.Errorf("both: %v", err)
	}
	if err := objects.Delete(ctx, "replaced"); err != nil {
		t.Fatal(err)
	}
	s := resolve.FromName("db", resolve.RequiredKeys("U"), resolve.WithClient(client))
	vars, err := s.Vars(ctx)
	if err != nil || len(vars) != 1 || vars[0].Value.Reveal() != "app" {
		t.Fatalf("the existing values stay: %v %v", vars, err)
	}
	if err := s.Update(ctx, map[string]*string{"P": p("pw"), "U": nil}); err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(ctx)
	if err != nil || info.Name != "db" || info.Version != 2 || info.CreatedBy == "" || time.Since(info.CreatedAt) > time.Hour || info.LastUsedAt.IsZero() {
		t.Errorf("%+v %v", info, err)
	}
	if d := cmp.Diff([]string{"P"}, info.Keys); d != "" {
		t.Error(d)
	}
	err = resolve.FromName("db", resolve.RequiredKeys("U", "V"), resolve.WithClient(client)).Hydrate(ctx)
	var missing *resolve.MissingKeysError
	if !errors.As(err, &missing) || cmp.Diff([]string{"U", "V"}, missing.Keys) != "" {
		t.Errorf("%v", err)
	}

	// List: newest first, with a limit.
	for _, name := range []string{"second", "third"} {
		if err := objects.Create(ctx, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	names := func(options ...resolve.ObjectOption) (all []string) {
		t.Helper()
		list, err := objects.List(ctx, options...)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			all = append(all, i.Name)
		}
		return all
	}
	if d := cmp.Diff([]string{"third", "second", "db"}, names()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"third", "second"}, names(resolve.MaxObjects(2))); d != "" {
		t.Error(d)
	}
	if got := names(resolve.MaxObjects(0)); got != nil {
		t.Errorf("a maximum of 0 is none: %v", got)
	}
	if _, err := objects.List(ctx, resolve.MaxObjects(-1)); !errors.Is(err, resolve.ErrInvalid) {
		t.Errorf("a negative maximum: %v", err)
	}
	second, err := resolve.FromName("second", resolve.WithClient(client)).Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"db"}, names(resolve.CreatedBefore(second.CreatedAt))); d != "" {
		t.Errorf("created before is exclusive: %s", d)
	}
	if _, err := objects.List(ctx, resolve.Environment("nosuch")); !errors.Is(err, resolve.ErrNotFound) {
		t.Errorf("an unknown environment: %v", err)
	}

	if err := objects.Delete(ctx, "db"); err != nil {
		t.Fatal(err)
	}
	if err := objects.Delete(ctx, "db"); !errors.Is(err, resolve.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	if err := objects.Delete(ctx, "db", resolve.AllowMissing()); err != nil {
		t.Errorf("allowed: %v", err)
	}
}
