package servicetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

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
		k.create("", fmt.Sprint("z", page), nil) // with the same time, sorted before the rest of the list
		if page == 0 {
			k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: names(l)[1]})) // the secret that the cursor names
		}
		if req.Cursor = l.NextCursor; req.Cursor == "" {
			break
		}
	}
	k.equal(seen, want)
}
