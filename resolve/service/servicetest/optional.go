package servicetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// An optional secret that does not exist is answered as absent, in its place among
// the others.
func testOptional(t *testing.T, open Open) {
	k := start(t, open)
	gone := api.SecretRef{Name: "gone", RequiredKeys: []string{"K"}, Optional: true}
	r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{gone}}) // without a store
	k.ok(err)
	k.equal(r.Secrets, []api.ResolvedSecret{{Environment: "main", Name: "gone", Absent: true}})

	k.create("", "db", dict("A", "1"))
	r, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{
		gone, {Name: "db", RequiredKeys: []string{"A"}, Optional: true}, {Environment: "nowhere", Name: "db", Optional: true}, {Name: "db", Version: 7, Optional: true}, {Name: "db"},
	}})
	k.ok(err)
	var got []string
	for _, s := range r.Secrets {
		got = append(got, fmt.Sprintf("%s/%s %d %t %v", s.Environment, s.Name, s.Version, s.Absent, plain(s.EnvDict)))
	}
	k.equal(got, []string{"main/gone 0 true map[]", "main/db 1 false map[A:1]", "nowhere/db 0 true map[]", "main/db 0 true map[]", "main/db 1 false map[A:1]"})
	if r.Secrets[0].EnvDict != nil || r.Secrets[3].EnvDict != nil {
		t.Error("an absent secret has a dict")
	}

	// An optional secret that exists must have its required keys. If a secret is
	// missing that is not optional, nothing is answered, and only it is an error.
	_, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{gone, {Name: "db", RequiredKeys: []string{"X"}, Optional: true}}})
	k.want(err, resolve.ErrMissingKeys)
	k.equal(err.Error(), "secret main/db lacks the required key X")
	_, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{gone, {Name: "gone"}, {Name: "db"}}})
	k.want(err, resolve.ErrNotFound)
	k.equal(err.Error(), "secret main/gone not found")
}

// A caller whose etag covers absent secrets gets "unchanged": no dicts, no use, no
// audit line. A secret or version that is created changes the answer.
func testOptionalPoll(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1"))
	req := api.ResolveRequest{Secrets: []api.SecretRef{{Name: "gone", Optional: true}, {Name: "db"}, {Name: "db", Version: 2, Optional: true}}}
	r, err := k.Resolve(k.ctx, req)
	k.ok(err)
	lines := k.resolves()
	k.equal(lines, []string{"db 0 not_found", "db 1 ok", "gone 0 not_found"})
	for range 3 {
		req.Etag = r.Etag
		again, err := k.Resolve(k.ctx, req)
		k.ok(err)
		k.equal(again, api.ResolveResponse{Etag: r.Etag, Unchanged: true})
	}
	w, err := k.Watch(k.ctx, api.WatchRequest{Secrets: req.Secrets, Etag: r.Etag, Wait: time.Millisecond})
	k.ok(err)
	k.equal(w, api.WatchResponse{Etag: r.Etag})
	k.equal(k.resolves(), lines)

	next := func(absent ...bool) {
		t.Helper()
		w, err := k.Watch(k.ctx, api.WatchRequest{Secrets: req.Secrets, Etag: r.Etag, Wait: time.Minute})
		k.ok(err)
		req.Etag = r.Etag
		r, err = k.Resolve(k.ctx, req)
		k.ok(err)
		k.equal(w, api.WatchResponse{Changed: true, Etag: r.Etag})
		var got []bool
		for _, s := range r.Secrets {
			got = append(got, s.Absent)
		}
		k.equal(got, absent)
	}
	k.create("", "gone", dict("B", "2"))
	next(false, false, true)
	_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "db", EnvDict: changes("A", "2")})
	k.ok(err)
	next(false, false, false)
	k.ok(k.DeleteSecret(k.ctx, api.DeleteRequest{Name: "gone"}))
	next(true, false, false)
}

// A running watch notices that an absent secret is created.
func testOptionalWatch(t *testing.T, open Open) {
	k := start(t, open)
	k.create("", "db", dict("A", "1"))
	refs := []api.SecretRef{{Name: "db"}, {Name: "gone", Optional: true}}
	r, err := k.Resolve(k.ctx, api.ResolveRequest{Secrets: refs})
	k.ok(err)
	type end struct {
		api.WatchResponse
		err error
	}
	ended := make(chan end, 1)
	go func() {
		w, err := k.Watch(k.ctx, api.WatchRequest{Secrets: refs, Etag: r.Etag, Wait: time.Minute})
		ended <- end{w, err}
	}()
	k.create("", "other", nil) // whether the watch has begun already or not
	k.create("", "gone", dict("B", "2"))
	w := <-ended
	k.ok(w.err)
	if !w.Changed || w.Etag == r.Etag {
		t.Errorf("%+v", w)
	}
}

// resolves are the audit lines with the action resolve, newest first.
func (k kit) resolves() (lines []string) {
	k.Helper()
	l, err := k.ListAudit(k.ctx, api.AuditRequest{Action: "resolve"})
	k.ok(err)
	for _, e := range l.Entries {
		lines = append(lines, fmt.Sprintf("%s %d %s", e.Name, e.Version, e.Outcome))
	}
	return lines
}
