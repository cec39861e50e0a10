package serve

import (
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestShutdown: in-flight requests finish, watches end at once, and new
// connections are refused.
func TestShutdown(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{}, timeout)
	etag := h.etag("main/db")
	busy, watch := s.dial(), s.dial()
	busy.begin()
	watch.get("/v1/watch?secret=main/db&wait=50s&etag=" + etag)
	h.soon("one of each in flight", func() bool { return len(s.requests) == 1 && len(s.watches) == 1 })
	s.stop()
	if got := watch.hear(); got.status != http.StatusNoContent {
		t.Errorf("the watch: %d %s", got.status, got.body)
	}
	h.soon("the door is shut", func() bool {
		c, err := net.Dial("tcp", s.addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	if len(s.ended) > 0 {
		t.Error("it has ended before what was in flight")
	}
	busy.finish()
	if got := busy.hear(); got.status != 200 {
		t.Errorf("what was in flight: %d %s", got.status, got.body)
	}
	select {
	case err := <-s.ended:
		h.ok(err)
	case <-time.After(timeout):
		t.Error("Serve goes on")
	}
}

// TestShutdownCuts requests that do not finish in time.
func TestShutdownCuts(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{}, 50*time.Millisecond)
	busy := s.dial()
	busy.begin()
	h.soon("a request in flight", func() bool { return len(s.requests) == 1 })
	s.stop()
	select {
	case err := <-s.ended:
		h.ok(err)
	case <-time.After(timeout):
		t.Fatal("Serve goes on")
	}
	if got := busy.hear(); got.status == 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	h.soon("no request in flight", func() bool { return len(s.requests) == 0 })
}

// TestAWatchThatComesLate, on a connection that is still open, also ends at once,
// without an error.
func TestAWatchThatComesLate(t *testing.T) {
	h := newHouse(t, nil)
	etag := h.etag("main/db")
	h.end()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				got := h.send(ask{method: "GET", path: "/v1/watch?secret=main/db&wait=50s&etag=" + etag, token: h.admin})
				if got.status != http.StatusNoContent {
					t.Errorf("%d %s", got.status, got.body)
				}
			}
		})
	}
	all.Wait()
}

// TestServeFailsAtOnce without a usable listener.
func TestServeFailsAtOnce(t *testing.T) {
	h := newHouse(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.ok(err)
	h.ok(l.Close())
	if err := New(Config{Service: h.store}).Serve(t.Context(), Listener{Listener: l}, time.Second); err == nil {
		t.Error("Serve returned no error")
	}
}
