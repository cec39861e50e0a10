// Package servicetest is the suite that every api.Service must pass: embedded
// or served, on whatever store.
package servicetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Open makes an empty service on the given clock, whose caller is called
// "tester", and closes it when the test ends.
type Open func(t testing.TB, now func() time.Time) api.Service

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"empty": testEmpty, "life of a secret": testLife, "misses": testMisses, "if exists": testIfExists, "update": testUpdate,
		"rollback": testRollback, "delete": testDelete, "environments": testEnvironments, "list": testList, "list of equal times": testEqualTimes,
		"bad input": testBadInput, "limits": testLimits, "clock": testClock, "last used": testLastUsed, "no lost update": testNoLostUpdate,
		"ended context": testContext, "model": testModel,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// Clock is a clock that a test sets by hand.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock begins at noon of a day.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

// Now reads the clock.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

// Step moves it.
func (c *Clock) Step(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func dict(pairs ...string) api.EnvDict {
	d := api.EnvDict{}
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i]] = resolve.NewValue(pairs[i+1])
	}
	return d
}

func changes(pairs ...string) api.EnvChanges {
	c := api.EnvChanges{}
	for k, v := range dict(pairs...) {
		c[k] = &v
	}
	return c
}

func plain(d api.EnvDict) map[string]string {
	m := map[string]string{}
	for k, v := range d {
		m[k] = v.Reveal()
	}
	return m
}

type kit struct {
	testing.TB
	api.Service
	ctx   context.Context
	clock *Clock
}

func start(t *testing.T, open Open) kit {
	clock := NewClock()
	return kit{t, open(t, clock.Now), t.Context(), clock}
}

func (k kit) create(env, name string, d api.EnvDict) api.Secret {
	k.Helper()
	s, err := k.CreateSecret(k.ctx, api.CreateSecretRequest{Environment: env, Name: name, EnvDict: d})
	k.ok(err)
	return s
}

func (k kit) ok(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k kit) want(err, target error) {
	k.Helper()
	if !errors.Is(err, target) {
		k.Fatalf("error %v, want %v", err, target)
	}
}

func (k kit) value(env, name string) map[string]string {
	k.Helper()
	r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Environment: env, Name: name}}})
	k.ok(err)
	return plain(r.Secrets[0].EnvDict)
}

func (k kit) equal(got, want any) {
	k.Helper()
	if d := cmp.Diff(want, got); d != "" {
		k.Fatal(d)
	}
}

func names(l api.SecretList) (all []string) {
	for _, s := range l.Secrets {
		all = append(all, s.Name)
	}
	return all
}

func testEmpty(t *testing.T, open Open) {
	k := start(t, open)
	l, err := k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	if l.Secrets == nil || len(l.Secrets) != 0 || l.NextCursor != "" {
		t.Fatalf("%#v", l)
	}
	r, err := k.Resolve(k.ctx, api.ResolveRequest{})
	k.ok(err)
	if r.Secrets == nil || len(r.Secrets) != 0 {
		t.Fatalf("%#v", r)
	}
	e, err := k.ListEnvironments(k.ctx)
	k.ok(err)
	k.equal(e, []api.Environment{{Name: "main"}})
	_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db"})
	k.want(err, resolve.ErrNotFound)
	_, err = k.RollbackSecret(k.ctx, api.RollbackRequest{Name: "db", Version: 1})
	k.want(err, resolve.ErrNotFound)
	k.want(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db"}), resolve.ErrNotFound)
	k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db", AllowMissing: true}))
}

func testLife(t *testing.T, open Open) {
	k := start(t, open)
	made := k.create("", "db", dict("B", "2", "A", "1"))
	k.equal(made, api.Secret{Environment: "main", Name: "db", Version: 1, Keys: []string{"A", "B"}, CreatedAt: api.NewTime(k.clock.Now()), CreatedBy: "tester"})
	k.equal(k.value("main", "db"), map[string]string{"A": "1", "B": "2"})
	empty := k.create("", "none", nil)
	if empty.Keys == nil {
		t.Fatal("keys of an empty secret are null, want []")
	}
	k.equal(k.value("", "none"), map[string]string{})
	k.create("", "odd", dict("A", "", "B", "ä\n\"$`'=\t☃"))
	k.equal(k.value("", "odd"), map[string]string{"A": "", "B": "ä\n\"$`'=\t☃"})
}

func testMisses(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "canary-1"))
	k.create("", "stripe", dict("B", "canary-2"))
	r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{
		{Name: "gone"}, {Name: "db", RequiredKeys: []string{"X", "A", "Y"}}, {Name: "stripe"}, {Environment: "nowhere", Name: "db"}, {Name: "db", Version: 7},
	}})
	if r.Secrets != nil {
		t.Fatal("an answer beside an error")
	}
	want := []string{"secret main/gone not found", "secret main/db lacks the required keys X, Y", "secret nowhere/db not found", "secret main/db has no version 7"}
	k.equal(strings.Split(err.Error(), "\n"), want)
	var nf *resolve.NotFoundError
	var mk *resolve.MissingKeysError
	if !errors.As(err, &nf) || nf.Name != "gone" || !errors.As(err, &mk) || !slices.Equal(mk.Keys, []string{"X", "Y"}) {
		t.Fatalf("%v", err)
	}
	r, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "stripe", RequiredKeys: []string{"B"}}, {Name: "db"}, {Name: "stripe"}}})
	k.ok(err)
	k.equal([]string{r.Secrets[0].Name, r.Secrets[1].Name, r.Secrets[2].Name}, []string{"stripe", "db", "stripe"})
}

func testIfExists(t *testing.T, open Open) {
	k := start(t, open)
	first := k.create("", "db", dict("A", "1", "B", "2"))
	k.clock.Step(time.Second)
	req := api.CreateSecretRequest{Name: "db", EnvDict: dict("C", "3")}
	for _, how := range []resolve.IfExists{"", resolve.FailIfExists} {
		req.IfExists = how
		_, err := k.CreateSecret(k.ctx, req)
		k.want(err, resolve.ErrExists)
	}
	req.IfExists = resolve.KeepIfExists
	kept, err := k.CreateSecret(k.ctx, req)
	k.ok(err)
	k.equal(kept, first)
	req.IfExists = resolve.OverwriteIfExists
	over, err := k.CreateSecret(k.ctx, req)
	k.ok(err)
	first.Version, first.Keys = 2, []string{"C"}
	k.equal(over, first)
	k.equal(k.value("", "db"), map[string]string{"C": "3"})
	req.IfExists = "perhaps"
	_, err = k.CreateSecret(k.ctx, req)
	k.want(err, resolve.ErrInvalid)
	req = api.CreateSecretRequest{Environment: "nowhere", Name: "db"}
	_, err = k.CreateSecret(k.ctx, req)
	k.want(err, resolve.ErrNotFound)
	if !strings.Contains(resolve.Hint(err), "squire environment create nowhere") && resolve.Hint(err) != "" {
		t.Fatal(resolve.Hint(err))
	}
}

func testUpdate(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1", "B", "2"))
	c := changes("B", "3", "C", "4")
	c["A"], c["NEVER"] = nil, nil
	s, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: c, ExpectedVersion: 1})
	k.ok(err)
	k.equal(s.Version, 2)
	k.equal(s.Keys, []string{"B", "C"})
	k.equal(k.value("", "db"), map[string]string{"B": "3", "C": "4"})
	s, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("B", "3")})
	k.ok(err)
	k.equal(s.Version, 2) // nothing changed
	_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("B", "5"), ExpectedVersion: 1})
	k.want(err, resolve.ErrConflict)
	k.equal(k.value("", "db")["B"], "3")
	s, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: api.EnvChanges{"B": nil, "C": nil}})
	k.ok(err)
	k.equal(s.Keys, []string{})
}

func testRollback(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1"))
	k.clock.Step(time.Second)
	_, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("B", "2")})
	k.ok(err)
	s, err := k.RollbackSecret(k.ctx, api.RollbackRequest{Name: "db", Version: 1})
	k.ok(err)
	k.equal(s.Version, 3)
	k.equal(k.value("", "db"), map[string]string{"A": "1"})
	r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db", Version: 2}}})
	k.ok(err)
	k.equal(plain(r.Secrets[0].EnvDict), map[string]string{"A": "1", "B": "2"})
	v, err := k.SecretVersions(k.ctx, api.SecretRequest{Name: "db"})
	k.ok(err)
	var got []string
	for _, one := range v {
		got = append(got, fmt.Sprintf("%d %v %s", one.Version, one.Keys, one.CreatedBy))
	}
	k.equal(got, []string{"3 [A] tester", "2 [A B] tester", "1 [A] tester"})
	_, err = k.RollbackSecret(k.ctx, api.RollbackRequest{Name: "db", Version: 9})
	k.want(err, resolve.ErrNotFound)
	_, err = k.RollbackSecret(k.ctx, api.RollbackRequest{Name: "db"})
	k.want(err, resolve.ErrInvalid)
}

func testDelete(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1"))
	k.create("", "db2", dict("A", "kept")) // its name begins like the other's
	_, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("B", "2")})
	k.ok(err)
	k.value("", "db")
	k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db"}))
	_, err = k.SecretInfo(k.ctx, api.SecretRequest{Name: "db"})
	k.want(err, resolve.ErrNotFound)
	k.want(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db"}), resolve.ErrNotFound)
	k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "db", AllowMissing: true}))
	s := k.create("", "db", dict("C", "3"))
	k.equal(s.Version, 1)
	if s.LastUsedAt != nil {
		t.Fatal("a new secret has the last use of an old one")
	}
	k.equal(k.value("", "db"), map[string]string{"C": "3"})
	k.equal(k.value("", "db2"), map[string]string{"A": "kept"})
}

func testEnvironments(t *testing.T, open Open) {
	k := start(t, open)
	for _, name := range []string{"prod", "dev"} {
		k.clock.Step(time.Second)
		_, err := k.CreateEnvironment(k.ctx, name)
		k.ok(err)
		_, err = k.CreateEnvironment(k.ctx, name)
		k.want(err, resolve.ErrExists)
	}
	_, err := k.CreateEnvironment(k.ctx, "main")
	k.want(err, resolve.ErrExists)
	k.create("prod", "db", dict("A", "prod"))
	k.create("dev", "db", dict("A", "dev"))
	k.create("", "db", dict("A", "main"))
	k.equal(k.value("prod", "db"), map[string]string{"A": "prod"})
	all, err := k.ListEnvironments(k.ctx)
	k.ok(err)
	var got []string
	for _, e := range all {
		got = append(got, fmt.Sprintf("%s %d %t %s", e.Name, e.Secrets, e.CreatedAt != nil, e.CreatedBy))
	}
	k.equal(got, []string{"dev 1 true tester", "prod 1 true tester", "main 1 false "})
	k.want(k.DeleteEnvironment(k.ctx, api.DeleteRequest{Environment: "main"}), resolve.ErrInvalid)
	k.ok(k.DeleteEnvironment(k.ctx, api.DeleteRequest{Environment: "prod"}))
	k.want(k.DeleteEnvironment(k.ctx, api.DeleteRequest{Environment: "prod"}), resolve.ErrNotFound)
	k.ok(k.DeleteEnvironment(k.ctx, api.DeleteRequest{Environment: "prod", AllowMissing: true}))
	_, err = k.ListSecrets(k.ctx, api.ListRequest{Environment: "prod"})
	k.want(err, resolve.ErrNotFound)
	_, err = k.CreateEnvironment(k.ctx, "prod")
	k.ok(err)
	_, err = k.SecretInfo(k.ctx, api.SecretRequest{Environment: "prod", Name: "db"})
	k.want(err, resolve.ErrNotFound)
	k.equal(k.value("dev", "db"), map[string]string{"A": "dev"})
	k.equal(k.value("main", "db"), map[string]string{"A": "main"})
}

func testList(t *testing.T, open Open) {
	k := start(t, open)
	var times []time.Time
	for i := range 5 {
		times = append(times, k.clock.Now())
		k.create("", fmt.Sprint("s", i), nil)
		k.clock.Step(time.Second)
	}
	l, err := k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	k.equal(names(l), []string{"s4", "s3", "s2", "s1", "s0"})
	l, err = k.ListSecrets(k.ctx, api.ListRequest{CreatedBefore: api.NewTime(times[3])})
	k.ok(err)
	k.equal(names(l), []string{"s2", "s1", "s0"}) // exclusive
	for _, far := range []int{2, 1969, 9999} {
		l, err = k.ListSecrets(k.ctx, api.ListRequest{CreatedBefore: api.NewTime(time.Date(far, 1, 1, 0, 0, 0, 0, time.UTC))})
		k.ok(err)
		k.equal(len(l.Secrets), map[int]int{2: 0, 1969: 0, 9999: 5}[far])
	}
	_, err = k.ListSecrets(k.ctx, api.ListRequest{Limit: -1})
	k.want(err, resolve.ErrInvalid)
	for _, bad := range []string{"x", "%%%", "AAAAAAAAAAAA", strings.Repeat("A", 4000)} {
		if _, err = k.ListSecrets(k.ctx, api.ListRequest{Cursor: bad}); err != nil {
			k.want(err, resolve.ErrInvalid)
		}
	}
}

func testEqualTimes(t *testing.T, open Open) {
	k := start(t, open)
	want := map[string]bool{}
	for i := range 9 {
		name := fmt.Sprint("s", i)
		k.create("", name, nil)
		want[name] = true
	}
	seen := map[string]bool{}
	req := api.ListRequest{Limit: 2}
	for page := 0; ; page++ {
		l, err := k.ListSecrets(k.ctx, req)
		k.ok(err)
		for _, n := range names(l) {
			if seen[n] {
				t.Fatalf("%s twice", n)
			}
			seen[n] = true
		}
		k.create("", fmt.Sprint("z", page), nil) // at the same time, before all that is left
		if page == 0 {
			k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: names(l)[1]})) // the cursor's own
		}
		if req.Cursor = l.NextCursor; req.Cursor == "" {
			break
		}
	}
	k.equal(seen, want)
}

func testBadInput(t *testing.T, open Open) {
	k := start(t, open)
	_, err := k.CreateSecret(k.ctx, api.CreateSecretRequest{Environment: "-e", Name: "a b", EnvDict: dict("9x", "canary", "OK", "nul\x00canary", "U", "\xffcanary", "canary=x", "v")})
	k.want(err, resolve.ErrInvalid)
	if n := len(strings.Split(err.Error(), "\n")); n != 6 {
		t.Fatalf("%d faults told, want all 6: %v", n, err)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Fatalf("a value in an error: %v", err)
	}
	for _, name := range []string{"", ".", "..", "a/b", "a\x00b", "ä", "%2F", strings.Repeat("x", 65)} {
		_, err := k.SecretInfo(k.ctx, api.SecretRequest{Name: name})
		k.want(err, resolve.ErrInvalid)
		_, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: name}}})
		k.want(err, resolve.ErrInvalid)
		if name != "" {
			_, err = k.CreateEnvironment(k.ctx, name)
			k.want(err, resolve.ErrInvalid)
		}
	}
	_, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "x", RequiredKeys: []string{"a-b"}, Version: -1}}})
	k.want(err, resolve.ErrInvalid)
}

func testLimits(t *testing.T, open Open) {
	k := start(t, open)
	long := strings.Repeat("v", resolve.MaxValueLength)
	k.create("", "long", dict(strings.Repeat("K", resolve.MaxKeyLength), long))
	_, err := k.CreateSecret(k.ctx, api.CreateSecretRequest{Name: "value", EnvDict: dict("A", long+"v")})
	k.want(err, resolve.ErrInvalid)
	big := api.EnvDict{}
	for i := range resolve.MaxSecretLength/resolve.MaxValueLength + 1 {
		big[fmt.Sprint("K", i)] = resolve.NewValue(long)
	}
	_, err = k.CreateSecret(k.ctx, api.CreateSecretRequest{Name: "big", EnvDict: big})
	k.want(err, resolve.ErrInvalid)
	delete(big, "K0")
	delete(big, "K1")
	k.create("", "big", big)
	_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "big", EnvDict: changes("K0", long, "K1", long)})
	k.want(err, resolve.ErrInvalid)
	name := strings.Repeat("n", resolve.MaxNameLength)
	k.create("", name, nil)
	k.equal(k.value("", name), map[string]string{})
}

// A clock that stands still, or goes back, spoils nothing.
func testClock(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "b", dict("A", "1"))
	k.create("", "a", nil)
	k.clock.Step(-time.Hour)
	k.create("", "older", nil)
	k.value("", "b")
	for i := range 3 {
		_, err := k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "b", EnvDict: changes("A", fmt.Sprint(i))})
		k.ok(err)
		k.clock.Step(-time.Minute)
	}
	k.equal(k.value("", "b"), map[string]string{"A": "2"})
	l, err := k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	k.equal(names(l), []string{"b", "a", "older"})
	k.clock.Step(-100 * 365 * 24 * time.Hour) // before 1970
	k.create("", "ancient", nil)
	l, err = k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	k.equal(names(l), []string{"b", "a", "older", "ancient"})
}

func testLastUsed(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1"))
	k.create("", "other", nil)
	info := func() *api.Time {
		s, err := k.SecretInfo(k.ctx, api.SecretRequest{Name: "db"})
		k.ok(err)
		return s.LastUsedAt
	}
	if info() != nil {
		t.Fatal("used before its first use")
	}
	_, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db"}, {Name: "gone"}}})
	k.want(err, resolve.ErrNotFound)
	if info() != nil {
		t.Fatal("used by a call that answered nothing")
	}
	k.clock.Step(time.Second)
	used := api.NewTime(k.clock.Now())
	k.value("", "db")
	k.clock.Step(time.Second)
	k.equal(info(), &used)
	k.create("", "third", nil) // a writer comes by
	k.equal(info(), &used)
	l, err := k.ListSecrets(k.ctx, api.ListRequest{})
	k.ok(err)
	for _, s := range l.Secrets {
		if (s.LastUsedAt != nil) != (s.Name == "db") {
			t.Fatalf("%+v", s)
		}
	}
	k.clock.Step(time.Second)
	used = api.NewTime(k.clock.Now())
	k.value("", "db")
	k.equal(info(), &used)
}

// 64 writers add one key each, by what they read; nobody's is lost.
func testNoLostUpdate(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "n", nil)
	const writers = 64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for {
				s, err := k.SecretInfo(k.ctx, api.SecretRequest{Name: "n"})
				if err != nil {
					t.Error(err)
					return
				}
				_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "n", EnvDict: changes(fmt.Sprint("W", w), "x"), ExpectedVersion: s.Version})
				if err == nil {
					return
				}
				if !errors.Is(err, resolve.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	s, err := k.SecretInfo(k.ctx, api.SecretRequest{Name: "n"})
	k.ok(err)
	if len(s.Keys) != writers || s.Version != writers+1 {
		t.Fatalf("%d keys at version %d, want %d at %d", len(s.Keys), s.Version, writers, writers+1)
	}
}

func testContext(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", nil)
	ended, cancel := context.WithCancel(k.ctx)
	cancel()
	_, err := k.CreateSecret(ended, api.CreateSecretRequest{Name: "late"})
	k.want(err, context.Canceled)
	_, err = k.SecretInfo(k.ctx, api.SecretRequest{Name: "late"})
	k.want(err, resolve.ErrNotFound)
}
