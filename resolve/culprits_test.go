package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// failing answers with an error, and cannot watch; watching can.
type failing struct{ err error }

func (f failing) Resolve(context.Context, []Ref) ([]Resolved, error) { return nil, f.err }

type watching struct {
	failing
	watch func(ctx context.Context, refs []Ref) error
}

func (w watching) Watch(ctx context.Context, refs []Ref) error { return w.watch(ctx, refs) }

func TestCulprits(t *testing.T) {
	file := FromDotenv(DotenvFile(filepath.Join(t.TempDir(), "absent.env")))
	unset := FromLocalEnviron("ABSENT_A")
	dict := FromDict(nil)
	db, other := FromName("db", RequiredKeys("A")), FromName("other", InEnvironment("prod"))
	far := FromName("far", AtProvider("far"))
	c := NewClient(ClientConfig{
		LookupEnv: func(string) (string, bool) { return "", false },
		Provider: failing{errors.Join(
			WithHint(&MissingKeysError{Environment: "main", Name: "db", Keys: []string{"A"}}, "type this"),
			&NotFoundError{Environment: "prod", Name: "other"})},
		Providers: map[string]Provider{"far": failing{fmt.Errorf("%w: gone", ErrUnavailable)}},
	})
	list := []*Secret{file, unset, dict, db, other, far, db}
	_, err := c.Resolve(t.Context(), list...)
	texts := map[string]string{}
	for s, e := range Culprits(err, list) {
		texts[s.source+s.Name()] = e.Error()
	}
	var faults []string
	for _, f := range Faults(err) {
		if _, ok := f.(*blamed); ok {
			t.Errorf("%T shows", f)
		}
		faults = append(faults, f.Error())
	}
	want := map[string]string{
		file.source: faults[0], unset.source: "required keys missing in the local environment: ABSENT_A",
		"db": "secret main/db lacks the required key A", "other": "secret prod/other not found", "far": "unavailable: gone",
	}
	if d := cmp.Diff(want, texts); d != "" || len(faults) != 5 || Hint(err) == "" {
		t.Errorf("%s\n%q", d, faults)
	}
	// What nobody is blamed for is of all.
	if all := Culprits(fmt.Errorf("refresh: %w", context.DeadlineExceeded), list); len(all) != 6 {
		t.Errorf("%v", all)
	}
	bad := FromName("no such/name")
	_, err = c.Resolve(t.Context(), db, bad)
	if all := Culprits(err, []*Secret{db, bad}); len(all) != 1 || !errors.Is(all[bad], ErrInvalid) {
		t.Errorf("%v", all)
	}
	if all := Culprits(nil, list); len(all) != 0 {
		t.Errorf("%v", all)
	}
}

func TestClientWatch(t *testing.T) {
	var asked []Ref
	ended := make(chan error, 1)
	waits := func(ctx context.Context, _ []Ref) error {
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}
	tells := func(_ context.Context, refs []Ref) error { asked = refs; return nil }
	fails := func(context.Context, []Ref) error { return ErrUnavailable }
	cannot := func(context.Context, []Ref) error { return fmt.Errorf("%w: offline", errors.ErrUnsupported) }
	client := func(first, second func(context.Context, []Ref) error) *Client {
		return NewClient(ClientConfig{Environment: "prod", Provider: watching{watch: first},
			Providers: map[string]Provider{"second": watching{watch: second}, "third": failing{}}})
	}
	list := func() []*Secret {
		a := FromName("a", RequiredKeys("K"))
		return []*Secret{FromDict(nil), a, FromName("b", AtProvider("second")), a, FromName("c", AtProvider("third")), FromName("d", InEnvironment("x"))}
	}
	if err := client(tells, waits).Watch(t.Context(), list()...); err != nil || <-ended == nil {
		t.Errorf("%v", err)
	}
	want := []Ref{{Environment: "prod", Name: "a", RequiredKeys: []string{"K"}}, {Environment: "x", Name: "d"}}
	if d := cmp.Diff(want, asked); d != "" {
		t.Error(d)
	}
	if err := client(tells, cannot).Watch(t.Context(), list()...); err != nil {
		t.Errorf("%v", err)
	}
	if err := client(waits, fails).Watch(t.Context(), list()...); !errors.Is(err, ErrUnavailable) || <-ended == nil {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client(waits, cannot).Watch(ctx, list()...); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for _, none := range [][]*Secret{nil, {FromDict(nil)}, {FromName("c", AtProvider("third"))}, {FromName("b", AtProvider("second"))}} {
		if err := client(cannot, cannot).Watch(t.Context(), none...); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v", err)
		}
	}
	defer func() {
		if recover() != "provider" {
			t.Error("a panic stays in its goroutine")
		}
	}()
	_ = client(func(context.Context, []Ref) error { panic("provider") }, cannot).Watch(t.Context(), list()...)
}

func TestFiles(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	deep := filepath.Join(top, "a", "b")
	if err := errors.Join(os.MkdirAll(deep, 0o700), os.WriteFile(filepath.Join(top, ".env-x"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		s    *Secret
		want []string
	}{
		{FromDict(nil), nil}, {FromName("a"), nil}, {FromLocalEnviron("A"), nil},
		{FromDotenv(DotenvFile("sub/x.env")), []string{"sub/x.env"}},
		{FromDotenv(DotenvPath(deep), DotenvName(".env-x")), []string{filepath.Join(deep, ".env-x"), filepath.Join(top, "a", ".env-x"), filepath.Join(top, ".env-x")}},
	} {
		if d := cmp.Diff(test.want, test.s.Files()); d != "" {
			t.Error(d)
		}
	}
	all := FromDotenv(DotenvPath(deep), DotenvName("no-such-file")).Files()
	root := filepath.Join(filepath.VolumeName(top)+string(filepath.Separator), "no-such-file")
	if len(all) < 3 || all[0] != filepath.Join(deep, "no-such-file") || all[len(all)-1] != root {
		t.Errorf("%q", all)
	}
}
