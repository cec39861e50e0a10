package provider

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider/squire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Without named secrets no home folder, key or store is needed.
func TestNothingIsOpenedWithoutAName(t *testing.T) {
	nowhere := Config{
		Squire:    squire.Settings{Variables: squire.Variables{MasterKey: resolve.NewValue("not a key")}},
		LookupEnv: func(string) (string, bool) { return "", false },
	}
	client, closer, err := Open(nowhere)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Resolve(t.Context(), resolve.FromMap(map[string]string{"A": "1"})); err != nil {
		t.Errorf("a dict: %v", err)
	}
	if _, err := client.Resolve(t.Context(), resolve.FromName("db")); err == nil || resolve.Hint(err) == "" {
		t.Errorf("a name: %v, hint %q", err, resolve.Hint(err))
	}
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
}

func TestNothingOpensAfterClose(t *testing.T) {
	client, closer, err := Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := closer.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		resolve.FromName("db", resolve.WithClient(client)).Hydrate(t.Context()),
		client.Watch(t.Context(), resolve.FromName("db")),
		client.Objects().Delete(t.Context(), "db"),
	} {
		if !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%v", err)
		}
	}
}

func TestFromEnviron(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SQUIRE_DATA_DIR", filepath.Join(dir, "data"))
	t.Setenv("SQUIRE_MASTER_KEY_FILE", filepath.Join(dir, "key"))
	t.Setenv("SQUIRE_ENVIRONMENT", "prod")
	client, closer, err := FromEnviron()
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	err = resolve.FromName("db", resolve.WithClient(client)).Hydrate(t.Context())
	if !errors.Is(err, resolve.ErrNotFound) || err.Error() != "secret prod/db not found" {
		t.Errorf("%v", err)
	}
	t.Setenv("SQUIRE_TIMEOUT", "soon")
	if _, _, err := FromEnviron(); !errors.Is(err, resolve.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		"db:K":        "",
		"prod/db#A=B": "",
		"a/b/c":       `invalid secret name (not shown: an unusual name): want 1 to 64 of A-Z a-z 0-9 . _ -`,
		"valt://db":   `invalid reference to a secret: unknown scheme "valt": none is known`,
	} {
		ref, err := resolve.ParseRef(text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := Check(ref); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// readsOnly is neither a Manager nor a Watcher.
type readsOnly struct{}

func (readsOnly) Resolve(context.Context, []resolve.Ref) ([]resolve.Resolved, error) { return nil, nil }

func TestWhatAProviderCannotDo(t *testing.T) {
	l := &lazy{open: func() (resolve.Provider, io.Closer, error) { return readsOnly{}, io.NopCloser(nil), nil }}
	ctx := t.Context()
	_, listErr := l.List(ctx, resolve.ListQuery{})
	_, infoErr := l.Info(ctx, "db")
	for i, err := range []error{
		l.Watch(ctx, nil), listErr, infoErr, l.Create(ctx, "db", nil, ""), l.Update(ctx, "db", nil), l.Delete(ctx, "db", true),
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
