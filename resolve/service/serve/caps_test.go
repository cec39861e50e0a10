package serve

import (
	"net/http"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve/service"
)

func (h *house) wantBusy(got answer) {
	h.Helper()
	if got.status != http.StatusServiceUnavailable || got.code() != "busy" || got.header.Get("Retry-After") != "1" {
		h.Errorf("%d %q %s", got.status, got.header.Get("Retry-After"), got.body)
	}
}

// TestTheCapOnRequests does not affect watches and probes.
func TestTheCapOnRequests(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{MaxConcurrent: 1}, time.Second)
	first, second := s.dial(), s.dial()
	first.begin()
	h.soon("a request in flight", func() bool { return len(s.requests) == 1 })
	second.get("/v1/environments")
	h.wantBusy(second.hear())
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/v1/watch?secret=main/db&wait=1ms": 204} {
		second.get(path)
		if got := second.hear(); got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	first.finish()
	if got := first.hear(); got.status != 200 {
		t.Errorf("the first: %d %s", got.status, got.body)
	}
	h.soon("no request in flight", func() bool { return len(s.requests) == 0 })
	second.get("/v1/environments")
	if got := second.hear(); got.status != 200 {
		t.Errorf("the next: %d %s", got.status, got.body)
	}
}

func TestTheCapOnWatches(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{MaxWatches: 1}, time.Second)
	etag := h.etag("main/db")
	first, second := s.dial(), s.dial()
	first.get("/v1/watch?secret=main/db&wait=50s&etag=" + etag)
	h.soon("a watch in flight", func() bool { return len(s.watches) == 1 })
	second.get("/v1/watch?secret=main/db&etag=-")
	h.wantBusy(second.hear())
	second.get("/v1/environments")
	if got := second.hear(); got.status != 200 {
		t.Errorf("a request: %d %s", got.status, got.body)
	}
	h.update("main", "db", "PASSWORD", "third")
	if got := first.hear(); got.status != 200 {
		t.Errorf("the first: %d %s", got.status, got.body)
	}
}

// TestFailuresTakeNoSlot: a failed request frees its slot, and so does a panic.
func TestFailuresTakeNoSlot(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.MaxConcurrent, c.MaxWatches = 1, 1 })
	for range 3 {
		h.want(ask{method: "GET", path: "/v1/environments"}, 401, "unauthenticated")
		h.want(ask{method: "GET", path: "/v1/watch", token: h.admin}, 400, "invalid")
		h.want(ask{method: "POST", path: "/v1/resolve", token: h.admin, body: "{"}, 400, "invalid")
	}
	h.want(ask{method: "GET", path: "/v1/environments", token: h.admin}, 200, "")
}

// TestStrangersHoldNoSlot with a body that is never sent.
func TestStrangersHoldNoSlot(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{MaxConcurrent: 1}, time.Second)
	var strangers []*conn
	for range 3 {
		c := s.dial()
		c.beginAs(service.NewToken(), 100)
		strangers = append(strangers, c)
	}
	known := s.dial()
	for range 20 {
		known.get("/v1/environments")
		if got := known.hear(); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	for _, c := range strangers {
		c.finish()
		if got := c.hear(); got.status != 401 && got.status != 503 {
			t.Errorf("a stranger: %d %s", got.status, got.body)
		}
	}
}
