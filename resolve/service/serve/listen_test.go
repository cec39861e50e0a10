package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// timeout is how long a test waits for what must happen.
const timeout = 20 * time.Second

// soon waits for a state that no event announces.
func (h *house) soon(what string, is func() bool) {
	h.Helper()
	for end := time.Now().Add(timeout); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.Fatalf("never: %s", what)
		}
	}
}

// listening is another server on the store of a house, run by Server.Serve.
type listening struct {
	*house
	*Server
	addr  string
	stop  context.CancelFunc
	ended chan error
}

func (h *house) listen(c Config, shutdown time.Duration) *listening {
	h.Helper()
	c.Service, c.Now = h.store, h.clock.now
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	s := &listening{h, New(c), l.Addr().String(), cancel, make(chan error, 1)}
	done := make(chan struct{})
	go func() {
		s.ended <- s.Serve(ctx, Listener{Listener: l}, shutdown)
		close(done)
	}()
	h.Cleanup(func() { cancel(); <-done })
	return s
}

// conn is a connection on which the test writes HTTP/1.1 by hand.
type conn struct {
	*house
	net.Conn
	r *bufio.Reader
}

func (s *listening) dial() *conn {
	s.Helper()
	c, err := net.Dial("tcp", s.addr)
	s.ok(err)
	s.Cleanup(func() { c.Close() })
	s.ok(c.SetDeadline(time.Now().Add(timeout)))
	return &conn{s.house, c, bufio.NewReader(c)}
}

func (c *conn) say(format string, args ...any) {
	c.Helper()
	_, err := fmt.Fprintf(c, format, args...)
	c.ok(err)
}

// begin sends a resolve without the end of its body, which is so large that the
// request is in flight until then.
func (c *conn) begin() { c.beginAs(c.admin, smallBody+1) }

func (c *conn) beginAs(token string, size int) {
	head := `{"secrets":[],"etag":"`
	c.say("POST /v1/resolve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s%s",
		token, size, head, strings.Repeat("x", size-len(head)-2))
}

func (c *conn) finish() { c.say(`"}`) }

func (c *conn) get(path string) {
	c.say("GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", path, c.admin)
}

// hear reads an answer; its status is 0 if the connection ended without one.
func (c *conn) hear() answer {
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return answer{}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	c.ok(err)
	return answer{status: resp.StatusCode, header: resp.Header, body: b}
}

func TestSlowClientsAreCut(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{Timeouts: Timeouts{Header: 500 * time.Millisecond, Read: time.Second, Idle: 200 * time.Millisecond}}, time.Second)
	head := s.dial()
	head.say("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	if got := head.hear(); got.status != 0 {
		t.Errorf("a slow header: %d", got.status)
	}
	body := s.dial()
	body.begin()
	if got := body.hear(); got.status != 400 || got.code() != "invalid" {
		t.Errorf("a slow body: %d %s", got.status, got.body)
	}
	idle := s.dial()
	idle.get("/healthz")
	if got := idle.hear(); got.status != 200 {
		t.Errorf("%d", got.status)
	}
	if got := idle.hear(); got.status != 0 {
		t.Errorf("an idle connection says %d", got.status)
	}
	huge := s.dial()
	huge.say("GET /healthz HTTP/1.1\r\nHost: x\r\n")
	for range 60 {
		if _, err := fmt.Fprintf(huge, "X-Huge: %01024d\r\n", 0); err != nil {
			break // it is closed already
		}
	}
	_, _ = io.WriteString(huge, "\r\n")
	if got := huge.hear(); got.status != 431 && got.status != 0 {
		t.Errorf("a huge header: %d", got.status)
	}
}

// TestAWatchOutlivesTheReadTimeout, which limits the request and does not mean
// that the client is gone.
func TestAWatchOutlivesTheReadTimeout(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{Timeouts: Timeouts{Header: 500 * time.Millisecond, Read: 500 * time.Millisecond}}, time.Second)
	etag := h.etag("main/db")
	watch := s.dial()
	watch.get("/v1/watch?secret=main/db&etag=" + etag)
	h.soon("a watch in flight", func() bool { return len(s.watches) == 1 })
	other := s.dial()
	other.say("GET ")
	other.hear() // closed when the time is over
	h.update("main", "db", "PASSWORD", "third")
	if got := watch.hear(); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	watch.get("/v1/secrets/main/db")
	if got := watch.hear(); got.status != 200 {
		t.Errorf("the connection is not usable any more: %d", got.status)
	}
}

// TestALongCallOutlivesTheWriteTimeout: a rotation may take long, and its client
// gets the answer.
func TestALongCallOutlivesTheWriteTimeout(t *testing.T) {
	h := newHouse(t, nil)
	s := h.listen(Config{Timeouts: Timeouts{Write: 500 * time.Millisecond}}, time.Second)
	long := sync.OnceFunc(func() { <-time.After(time.Second) }) // a long step, not a wait for one
	h.step.Store(&long)
	c := s.dial()
	c.say("POST /v1/admin/rotate-key HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", h.admin)
	if got := c.hear(); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}
