package serve

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
)

// golden is every route that needs no caller. None of them changes anything.
var golden = []string{"GET /healthz", "GET /metrics", "GET /openapi.json", "GET /readyz"}

func TestTheOpenRoutesAreGolden(t *testing.T) {
	var open []string
	for _, r := range Routes() {
		if r.Open {
			open = append(open, r.Method+" "+r.Path)
		}
	}
	slices.Sort(open)
	if !slices.Equal(open, golden) {
		t.Errorf("open: %v, want %v", open, golden)
	}
}

func TestNobodyGetsIn(t *testing.T) {
	h := newHouse(t, nil)
	good := h.token(api.Scope{Role: api.RoleAdmin})
	revoked := h.newToken(api.Scope{Role: api.RoleAdmin}, nil)
	h.ok(h.store.RevokeToken(context.Background(), api.RevokeTokenRequest{ID: revoked.ID}))
	soon := api.NewTime(h.clock.now().Add(time.Minute))
	expired := h.newToken(api.Scope{Role: api.RoleAdmin}, &soon)
	h.want(ask{method: "GET", path: "/v1/tokens", token: expired.Text.Reveal()}, 200, "")
	h.clock.move(time.Minute)

	torn := good[:20] + "a" + good[21:]
	if torn == good {
		torn = good[:20] + "b" + good[21:]
	}
	nobodies := map[string]http.Header{
		"no header": nil,
		"two":       {"Authorization": {"Bearer " + good, "Bearer " + good}},
		"expired":   {"Authorization": {"Bearer " + expired.Text.Reveal()}},
		"revoked":   {"Authorization": {"Bearer " + revoked.Text.Reveal()}},
		"unknown":   {"Authorization": {"Bearer " + service.NewToken()}},
	}
	for _, text := range []string{"", "Bearer", "Bearer ", "Bearer  " + good, "Basic " + good, good, "Bearer " + good + ",x", "Bearer " + torn,
		"Bearer " + good[:20], "Bearer squire_", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer " + good + good, "Token Bearer " + good} {
		nobodies[fmt.Sprintf("%.14q…", text)+fmt.Sprint(len(text))] = http.Header{"Authorization": {text}}
	}
	h.state() // counts as a use
	before := h.state()
	for _, o := range h.doc.operations() {
		a := example(o)
		if slices.Contains(golden, o.String()) {
			h.want(a, 200, "")
			continue
		}
		for why, header := range nobodies {
			b := a
			b.header = http.Header{}
			for k, v := range header {
				b.header[k] = v
			}
			got := h.want(b, http.StatusUnauthorized, "unauthenticated")
			if got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s, %s: no WWW-Authenticate", b, why)
			}
		}
	}
	if after := h.state(); after != before {
		t.Errorf("the store has changed:\n%s\n%s", before, after)
	}
}

// state returns all that an admin can see of the store, with values.
func (h *house) state() string {
	h.Helper()
	s := ""
	for _, p := range []string{"/v1/environments", "/v1/secrets", "/v1/secrets?environment=stage", "/v1/tokens", "/v1/secrets/main/db/versions"} {
		s += string(h.want(ask{method: "GET", path: p, token: h.admin}, 200, "").body)
	}
	return s + string(h.want(ask{method: "POST", path: "/v1/resolve", token: h.admin, body: `{"secrets":[{"name":"db"}]}`}, 200, "").body)
}

// TestARevokedTokenEndsAtOnce, even on a connection on which it was valid.
func TestARevokedTokenEndsAtOnce(t *testing.T) {
	h := newHouse(t, nil)
	made := h.newToken(api.Scope{Role: api.RoleReader}, nil)
	a := ask{method: "GET", path: "/v1/secrets/main/db", token: made.Text.Reveal()}
	h.want(a, 200, "")
	h.want(ask{method: "DELETE", path: "/v1/tokens/" + made.ID, token: h.admin}, 204, "")
	h.want(a, 401, "unauthenticated")
}

// TestHiddenMetrics are only on their own listener.
func TestHiddenMetrics(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.HideMetrics = true })
	if got := h.raw(h.line("GET", "/metrics")); got.status != http.StatusNotFound || got.code() != "not_found" {
		t.Errorf("%d %s", got.status, got.body)
	}
	w := httptest.NewRecorder()
	h.MetricsHandler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if !strings.Contains(w.Body.String(), "squired_unrouted_requests_total 1") {
		t.Errorf("%s", w.Body)
	}
}
