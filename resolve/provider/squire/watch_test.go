package squire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
)

// following is a client that watches an embedded store, and the store as
// another process has it.
type following struct {
	*testing.T
	client   *resolve.Client
	provider resolve.Provider // of the client
	closer   io.Closer
	other    *service.Service
}

func newFollowing(t *testing.T) *following {
	t.Helper()
	dir := t.TempDir()
	f := &following{T: t}
	f.provider, f.closer = openProvider(t, embeddedIn(dir))
	f.client = clientOf(f.provider)
	var err error
	f.other, err = service.Open(context.Background(), service.Config{DataDir: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "key"), Caller: "other"})
	f.ok(err)
	t.Cleanup(func() { f.ok(f.other.Close()) })
	_, err = f.other.CreateSecret(t.Context(), api.CreateSecretRequest{Name: "db", EnvDict: api.EnvDict{"K": resolve.NewValue("0")}})
	f.ok(err)
	return f
}

func (f *following) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *following) update(ctx context.Context, text string) error {
	v := resolve.NewValue(text)
	_, err := f.other.UpdateSecret(ctx, api.UpdateSecretRequest{Name: "db", EnvDict: api.EnvChanges{"K": &v}})
	return err
}

func (f *following) layer(options ...resolve.NameOption) resolve.Layer {
	f.Helper()
	layers, err := f.client.Resolve(f.Context(), resolve.FromName("db", options...))
	f.ok(err)
	return layers[0]
}

// watch waits for a change that must be reported.
func (f *following) watch(secrets ...*resolve.Secret) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 30*time.Second)
	defer cancel()
	f.ok(f.client.Watch(ctx, secrets...))
}

// lines are the resolves in the audit trail.
func (f *following) lines() int {
	f.Helper()
	l, err := f.other.ListAudit(f.Context(), api.AuditRequest{Action: "resolve"})
	f.ok(err)
	return len(l.Entries)
}

func TestWatchEmbedded(t *testing.T) {
	f := newFollowing(t)
	if l := f.layer(); l.Label != "main/db" || l.Source != "secret main/db, version 1" || l.Version != 1 || !l.Remote {
		t.Errorf("%+v", l)
	}
	f.watch(resolve.FromName("db")) // nobody was looking before
	updated := make(chan error, 1)
	go func() {
		for i := range 200 {
			if err := f.update(context.Background(), fmt.Sprint("new ", i)); err != nil {
				updated <- err
				return
			}
		}
		updated <- nil
	}()
	for l := f.layer(); l.Version < 201; l = f.layer() {
		f.watch(resolve.FromName("db"))
	}
	f.ok(<-updated)
	if l := f.layer(); l.Version != 201 || l.Vars[0].Value.Reveal() != "new 199" {
		t.Errorf("version %d", l.Version)
	}
}

// Polls of the embedded store leave no audit line, and reads, which do leave some,
// do not end a Watch.
func TestPollsOfTheEmbeddedStore(t *testing.T) {
	f := newFollowing(t)
	f.layer()
	before := f.lines()
	for range 20 {
		f.layer()
	}
	if n := f.lines(); before != 1 || n != 1 {
		t.Errorf("%d lines, then %d", before, n)
	}
	f.watch(resolve.FromName("db"))
	touches := &f.stored().touches
	count, next, err := touches.now()
	f.ok(err)
	for range 20 { // another list each: a use of the secret, with its line
		_, err := f.other.Resolve(t.Context(), ask("db", "K"))
		f.ok(err)
	}
	if n := f.lines(); n != 21 {
		t.Errorf("%d lines", n)
	}
	f.ok(f.update(t.Context(), "1"))
	<-next // what the kernel reported before it has been counted
	if now, _, _ := touches.now(); now == count {
		t.Error("an update is no touch")
	}
	f.watch(resolve.FromName("db"))
	if l := f.layer(); l.Version != 2 {
		t.Errorf("version %d", l.Version)
	}
}

// Polls with an absent optional secret leave no audit line.
func TestPollsWithAnAbsentSecret(t *testing.T) {
	f := newFollowing(t)
	list := func() []*resolve.Secret {
		return []*resolve.Secret{resolve.FromName("db"), resolve.FromName("extra").IfExists()}
	}
	for range 20 {
		layers, err := f.client.Resolve(t.Context(), list()...)
		f.ok(err)
		if !layers[1].Absent {
			t.Fatalf("%+v", layers)
		}
	}
	if n := f.lines(); n > 2 {
		t.Errorf("%d lines", n)
	}
}

func (f *following) stored() *stored { return f.provider.(*stored) }

// What a read writes is not a touch.
func TestOwnReadsAreNoTouch(t *testing.T) {
	f := newFollowing(t)
	f.layer()
	f.watch(resolve.FromName("db"))
	touches := &f.stored().touches
	before, _, err := touches.now()
	f.ok(err)
	for range 50 {
		_, err := f.other.Resolve(t.Context(), ask("db", "K"))
		f.ok(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // more time can only find more
	defer cancel()
	if err := f.client.Watch(short, resolve.FromName("db")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if now, _, _ := touches.now(); now != before {
		t.Errorf("%d touches", now-before)
	}
}

func TestARequiredKeyGoes(t *testing.T) {
	f := newFollowing(t)
	f.layer(resolve.RequiredKeys("K"))
	f.watch(resolve.FromName("db", resolve.RequiredKeys("K")))
	_, err := f.other.UpdateSecret(t.Context(), api.UpdateSecretRequest{Name: "db", EnvDict: api.EnvChanges{"K": nil}})
	f.ok(err)
	s := resolve.FromName("db", resolve.RequiredKeys("K"))
	f.watch(s)
	for { // an update is several touches
		_, err = f.client.Resolve(t.Context(), s)
		if err != nil {
			break
		}
		f.watch(s)
	}
	var missing *resolve.MissingKeysError
	if !errors.As(err, &missing) || missing.Name != "db" {
		t.Fatalf("%v", err)
	}
	if by := resolve.FaultsByIndex(err, 1); len(by) != 1 || !errors.Is(by[0], resolve.ErrMissingKeys) {
		t.Errorf("%v", by)
	}
}

func TestWhatCannotBeWatched(t *testing.T) {
	f := newFollowing(t)
	if err := f.client.Watch(t.Context(), resolve.FromDict(nil)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v", err)
	}
	f.watch(resolve.FromName("db"))
	f.ok(f.closer.Close())
	if err := f.client.Watch(t.Context(), resolve.FromName("db")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("%v", err)
	}
}
