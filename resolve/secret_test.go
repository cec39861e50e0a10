package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shelf is a Provider that counts its round trips.
type shelf struct {
	mu      sync.Mutex
	secrets map[string]map[string]string // by path
	trips   [][]Ref
	fail    error
	hold    chan struct{} // non-nil: Resolve waits for it, or for ctx
}

func (s *shelf) Resolve(ctx context.Context, refs []Ref) ([]Resolved, error) {
	s.mu.Lock()
	s.trips = append(s.trips, refs)
	fail := s.fail
	s.mu.Unlock()
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if fail != nil {
		return nil, fail
	}
	var errs []error
	all := make([]Resolved, len(refs))
	for i, r := range refs {
		have, ok := s.secrets[r.Path]
		if all[i].Absent = !ok && r.Optional; all[i].Absent {
			continue
		}
		if !ok {
			errs = append(errs, &IndexError{i, &NotFoundError{Name: r.Path}})
			continue
		}
		var missing []string
		for _, k := range r.Keys() {
			if _, ok := have[k]; !ok {
				missing = append(missing, k)
			}
		}
		if missing != nil {
			errs = append(errs, &IndexError{i, &MissingKeysError{Name: r.Path, Keys: missing}})
		}
		all[i].Version = 1
		for k, v := range have {
			all[i].Vars = append(all[i].Vars, Var{Name: k, Value: NewValue(v)})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

func text(vars []Var) map[string]string {
	m := map[string]string{}
	for _, v := range vars {
		m[v.Name] = v.Value.Reveal()
	}
	return m
}

func TestResolveAsksEachProviderOnceAndKeepsOrder(t *testing.T) {
	a := &shelf{secrets: map[string]map[string]string{"db": {"U": "app"}, "prod/api": {"K": "1"}}}
	b := &shelf{secrets: map[string]map[string]string{"db": {"V": "vault"}}}
	c := NewClient(ClientConfig{Providers: map[string]Provider{"": a, "vault": b}})
	layers, err := c.Resolve(t.Context(),
		FromName("db", RequiredKeys("U")), FromDict(map[string]*string{"D": ptr("dict"), "NIL": nil}),
		FromRef(Ref{Scheme: "vault", Path: "db"}), FromName("api", InEnvironment("prod")))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range layers {
		got = append(got, fmt.Sprintln(l.Source, l.Label, l.Remote, text(l.Vars)))
	}
	want := []string{
		"secret db, version 1 db true map[U:app]\n", "dict dict false map[D:dict]\n",
		"secret vault://db, version 1 vault://db true map[V:vault]\n", "secret prod/api, version 1 prod/api true map[K:1]\n",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(a.trips) != 1 || len(b.trips) != 1 {
		t.Errorf("round trips: %d and %d, want one each", len(a.trips), len(b.trips))
	}
}

func TestResolveReportsEveryMissAtOnce(t *testing.T) {
	a := &shelf{secrets: map[string]map[string]string{"db": {"HIDDEN": canary}}}
	c := NewClient(ClientConfig{Providers: map[string]Provider{"": a}, LookupEnv: func(string) (string, bool) { return "", false }})
	layers, err := c.Resolve(t.Context(),
		FromName("db", RequiredKeys("PGUSER", "PGPASSWORD")), FromName("gone"), FromLocalEnviron("A", "B"))
	if layers != nil || err == nil {
		t.Fatal("all or nothing")
	}
	want := []string{
		"required keys missing in the local environment: A, B",
		"secret db lacks the required keys PGUSER, PGPASSWORD",
		"secret gone not found",
	}
	var got []string
	for _, f := range Faults(err) {
		got = append(got, f.Error())
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !errors.Is(err, ErrNotFound) || !errors.Is(err, ErrMissingKeys) {
		t.Error("the sentinels are lost")
	}
	if strings.Contains(err.Error(), "HIDDEN") {
		t.Error("the message lists a key that exists")
	}
}

func TestOptionalSecretMayBeAbsentButNotLackKeys(t *testing.T) {
	a := &shelf{secrets: map[string]map[string]string{"db": {"U": "app"}}}
	c := NewClient(ClientConfig{Providers: map[string]Provider{"": a}})
	layers, err := c.Resolve(t.Context(), FromName("gone", Optional()), FromName("db"))
	if err != nil || len(layers[0].Vars) != 0 || len(layers[1].Vars) != 1 {
		t.Fatalf("%v %v", layers, err)
	}
	if _, err := c.Resolve(t.Context(), FromName("gone", Optional()), FromName("gone")); !errors.Is(err, ErrNotFound) {
		t.Errorf("a secret that another entry needs: %v", err)
	}
	if _, err := c.Resolve(t.Context(), FromName("db", Optional(), RequiredKeys("P"))); !errors.Is(err, ErrMissingKeys) {
		t.Errorf("a present secret that lacks a key: %v", err)
	}
	if len(a.trips) != 3 {
		t.Errorf("%d round trips", len(a.trips))
	}
	if _, err := c.Resolve(t.Context(), FromName("gone", Optional())); err != nil {
		t.Errorf("nothing but an absent one: %v", err)
	}
}

func TestHydrateLoadsOnceAndKeepsNoFailure(t *testing.T) {
	a := &shelf{secrets: map[string]map[string]string{"db": {"U": "app"}}, fail: ErrUnavailable}
	s := FromName("db", WithClient(NewClient(ClientConfig{Providers: map[string]Provider{"": a}})))
	if err := s.Hydrate(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	a.fail = nil
	a.hold = make(chan struct{})
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if vars, err := s.Vars(t.Context()); err != nil || len(vars) != 1 {
				t.Errorf("%v %v", vars, err)
			}
		})
	}
	close(a.hold)
	group.Wait()
	if len(a.trips) != 2 {
		t.Errorf("%d round trips, want the failed one and one more", len(a.trips))
	}
}

// Two lists with the same secrets in opposite orders, and one secret twice in
// a list, must not wait for each other without end.
func TestConcurrentListsDoNotDeadlock(t *testing.T) {
	a := &shelf{secrets: map[string]map[string]string{"x": {}, "y": {}}}
	c := NewClient(ClientConfig{Providers: map[string]Provider{"": a}})
	for range 200 {
		x, y := FromName("x"), FromName("y")
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() {
				list := []*Secret{x, y, x}
				if i%2 == 0 {
					list = []*Secret{y, x}
				}
				if _, err := c.Resolve(t.Context(), list...); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
}

func TestUnboundSecretHasNoClient(t *testing.T) {
	db, bad := FromName("db"), FromName("K="+canary)
	_, infoErr := db.Info(t.Context())
	_, resolveErr := NewClient(ClientConfig{}).Resolve(t.Context(), FromName("db"))
	for _, err := range []error{db.Hydrate(t.Context()), infoErr, db.Update(t.Context(), nil), resolveErr, bad.Hydrate(t.Context())} {
		if !errors.Is(err, ErrNoClient) || Hint(err) == "" || strings.Contains(err.Error(), canary) {
			t.Errorf("%v, hint %q", err, Hint(err))
		}
	}
	if _, err := FromDict(nil).Info(t.Context()); !errors.Is(err, ErrLocal) {
		t.Errorf("Info of a dict: %v", err)
	}
	if err := FromDict(nil).Update(t.Context(), nil); !errors.Is(err, ErrLocal) {
		t.Errorf("Update of a dict: %v", err)
	}
	s := FromName("db")
	c := NewClient(ClientConfig{Providers: map[string]Provider{"": &shelf{secrets: map[string]map[string]string{"db": {}}}}})
	if _, err := c.Resolve(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := s.Hydrate(t.Context()); err != nil {
		t.Errorf("Resolve binds: %v", err)
	}
}

func TestTimeoutEndsASlowProvider(t *testing.T) {
	a := &shelf{hold: make(chan struct{})}
	c := NewClient(ClientConfig{Providers: map[string]Provider{"": a}, Timeout: time.Millisecond})
	_, err := c.Resolve(t.Context(), FromName("db"))
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestFromDotenv(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write(".env", "A=1\nB=${A}${HOME_X}\n")
	write(".env-dev", "A=dev")
	c := NewClient(ClientConfig{LookupEnv: func(n string) (string, bool) { return "/h", n == "HOME_X" }})
	for name, s := range map[string]*Secret{
		"upward": FromDotenv(DotenvPath(deep)), "file": FromDotenv(DotenvFile(path)), "beside a file": FromDotenv(DotenvPath(path)),
	} {
		l, err := c.Resolve(t.Context(), s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(map[string]string{"A": "1", "B": "1/h"}, text(l[0].Vars)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	l, err := c.Resolve(t.Context(), FromDotenv(DotenvPath(deep), DotenvName(".env-dev")))
	if err != nil || text(l[0].Vars)["A"] != "dev" {
		t.Errorf("%v %v", l, err)
	}
	if _, err := c.Resolve(t.Context(), FromDotenv(DotenvPath(deep), DotenvName("none"))); err == nil {
		t.Error("a search that finds nothing is an error")
	}
	bad := write("bad", "OK=1\n"+canary+" = \" \n'")
	_, err = c.Resolve(t.Context(), FromDotenv(DotenvFile(bad)))
	if err == nil || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), ":2:1") {
		t.Errorf("%v", err)
	}
}
