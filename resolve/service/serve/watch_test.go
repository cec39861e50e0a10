package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve/api"
)

// etag returns the current etag, as the admin's watch returns it.
func (h *house) etag(secrets ...string) string {
	h.Helper()
	return h.etagFor(h.admin, secrets...)
}

func (h *house) etagFor(token string, secrets ...string) string {
	h.Helper()
	got := h.want(ask{method: "GET", path: "/v1/watch?etag=-&secret=" + strings.Join(secrets, "&secret="), token: token}, 200, "")
	var w api.WatchResponse
	h.ok(json.Unmarshal(got.body, &w))
	return w.Etag
}

// watching starts a watch; the channel gets its answer.
func (h *house) watching(token, query string) chan answer {
	h.Helper()
	before := len(h.watches)
	ended := make(chan answer, 1)
	a := ask{method: "GET", path: "/v1/watch?" + query, token: token}
	go func() {
		got, err := h.try(a)
		if err != nil {
			h.Error(err)
		}
		h.doc.check(h.TB, a, got)
		ended <- got
	}()
	h.soon("a watch in flight", func() bool { return len(h.watches) > before || len(ended) > 0 })
	return ended
}

func (h *house) ends(w chan answer) answer {
	h.Helper()
	select {
	case got := <-w:
		return got
	case <-time.After(timeout):
		h.Fatal("the watch goes on")
		return answer{}
	}
}

func TestAWatchEndsWithAChange(t *testing.T) {
	ctx := context.Background()
	for what, change := range map[string]func(h *house) error{
		"update": func(h *house) error { h.update("stage", "a", "K", "2"); return nil },
		"create": func(h *house) error { h.create("stage", "b", "K", "1"); return nil },
		"delete": func(h *house) error {
			return h.store.DeleteSecret(ctx, api.DeleteRequest{Environment: "stage", Name: "a"})
		},
		"environment": func(h *house) error { return h.store.DeleteEnvironment(ctx, api.DeleteRequest{Environment: "stage"}) },
		"rollback": func(h *house) error {
			_, err := h.store.RollbackSecret(ctx, api.RollbackRequest{Environment: "stage", Name: "a", Version: 1})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t, nil)
			h.create("stage", "a", "K", "1")
			secrets := []string{"main/db", "stage/a", "stage/b"}
			before := h.etag(secrets...)
			w := h.watching(h.admin, "etag="+before+"&secret="+strings.Join(secrets, "&secret="))
			h.ok(change(h))
			got := h.ends(w)
			var answer api.WatchResponse
			h.ok(json.Unmarshal(got.body, &answer))
			if got.status != 200 || !answer.Changed || answer.Etag == before || answer.Etag != h.etag(secrets...) {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

// TestTheEtagIsThatOfResolve, so that a watch can continue from a resolve.
func TestTheEtagIsThatOfResolve(t *testing.T) {
	h := newHouse(t, nil)
	var r struct{ Etag string }
	h.ok(json.Unmarshal(h.do("POST", "/v1/resolve", `{"secrets":[{"name":"db"}]}`).body, &r))
	if r.Etag != h.etag("main/db") || r.Etag != h.etag("/db") {
		t.Errorf("%q and %q", r.Etag, h.etag("main/db"))
	}
}

func TestAWatchSleepsThroughTheRest(t *testing.T) {
	h := newHouse(t, nil)
	h.create("main", "other", "K", "1")
	etag := h.etag("main/db")
	w := h.watching(h.admin, "secret=main/db&etag="+etag)
	h.update("main", "other", "K", "2")
	h.create("stage", "db", "K", "1")
	h.do("POST", "/v1/resolve", `{"secrets":[{"name":"db"}]}`)
	h.ok(h.store.DeleteEnvironment(context.Background(), api.DeleteRequest{Environment: "stage"}))
	if h.etag("main/db") != etag || len(w) > 0 {
		t.Error("what others do is a change")
	}
	h.update("main", "db", "PASSWORD", "third")
	if got := h.ends(w); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	h.want(ask{method: "GET", path: "/v1/watch?secret=main/db&wait=1ms", token: h.admin}, 204, "")
}

// TestAnotherLifeIsAnotherEtag, although the version is 1 again.
func TestAnotherLifeIsAnotherEtag(t *testing.T) {
	h := newHouse(t, nil)
	h.create("main", "a", "K", "1")
	seen := map[string]bool{h.etag("main/a"): true}
	for range 3 {
		h.ok(h.store.DeleteSecret(context.Background(), api.DeleteRequest{Name: "a"}))
		gone := h.etag("main/a")
		h.create("main", "a", "K", "1")
		made := h.etag("main/a")
		if gone == made || seen[made] {
			t.Fatalf("gone %s, made %s, before %v", gone, made, seen)
		}
		seen[made] = true
	}
}

// TestARevokedTokenWatchesNoMore: its watch fails at the next change.
func TestARevokedTokenWatchesNoMore(t *testing.T) {
	h := newHouse(t, nil)
	made := h.newToken(api.Scope{Role: api.RoleResolveOnly}, nil)
	w := h.watching(made.Text.Reveal(), "secret=main/db&etag="+h.etag("main/db"))
	h.ok(h.store.RevokeToken(context.Background(), api.RevokeTokenRequest{ID: made.ID}))
	h.update("main", "db", "PASSWORD", "third")
	if got := h.ends(w); got.status != 401 || got.code() != "unauthenticated" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestForbiddenIsAbsentToAWatch, whatever happens to the secret.
func TestForbiddenIsAbsentToAWatch(t *testing.T) {
	h := newHouse(t, nil)
	token := h.token(api.Scope{Role: api.RoleReader, Names: []string{"shop-*"}})
	absent := h.etagFor(token, "main/x", "main/shop-a")
	w := h.watching(token, fmt.Sprintf("secret=main/x&secret=main/shop-a&etag=%s", absent))
	h.create("main", "x", "K", "1")
	h.update("main", "x", "K", "2")
	if now := h.etagFor(token, "main/x", "main/shop-a"); now != absent || len(w) > 0 {
		t.Error("it differs from an absent one")
	}
	h.create("main", "shop-a", "K", "1")
	if got := h.ends(w); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestAClientThatGoesAway leaves no watch behind.
func TestAClientThatGoesAway(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{}, time.Second)
	etag := h.etag("main/db")
	for range 5 {
		c := s.dial()
		c.get("/v1/watch?secret=main/db&wait=50s&etag=" + etag)
		h.soon("a watch in flight", func() bool { return len(s.watches) == 1 })
		h.ok(c.Close())
		h.soon("no watch in flight", func() bool { return len(s.watches) == 0 })
	}
}

// TestTheAuditLinesOfWatches: most watches find nothing new and leave no line; one
// that finds a change, or a forbidden secret, does.
func TestTheAuditLinesOfWatches(t *testing.T) {
	h := newHouse(t, nil)
	token := h.token(api.Scope{Role: api.RoleReader, Names: []string{"shop-*"}})
	lines := func() int {
		l, err := h.store.ListAudit(context.Background(), api.AuditRequest{Action: "watch"})
		h.ok(err)
		return len(l.Entries)
	}
	etag := h.etag("main/db") // finds something new
	if n := lines(); n != 1 {
		t.Errorf("%d lines", n)
	}
	for range 5 {
		h.want(ask{method: "GET", path: "/v1/watch?secret=main/db&wait=1ms&etag=" + etag, token: h.admin}, 204, "")
	}
	if n := lines(); n != 1 {
		t.Errorf("%d lines, and nothing was new", n)
	}
	forbidden := h.etagFor(token, "main/db")
	h.want(ask{method: "GET", path: "/v1/watch?secret=main/db&wait=1ms&etag=" + forbidden, token: token}, 204, "")
	if n := lines(); n != 3 {
		t.Errorf("%d lines, and two were refused", n)
	}
}
