package status

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/squire-env/squire/inject/refresh"
)

// Snapshot is all that is shown.
type Snapshot struct {
	Child   *Child // nil: there is no command
	Sources refresh.State
}

// Child is what may be known of the command, by anybody.
type Child struct {
	Phase     string    // Running, or why it does not run, in one word
	PID       int       // 0: none now
	StartedAt time.Time // of the last start; zero: never yet
	Restarts  int       // starts after the first, for whatever reason
	Failures  int       // starts after the first because the command had failed
	LastCode  int       // how the last one ended: its exit code, or 128+N; -1: none has yet
}

// Running is the phase of a command that runs.
const Running = "running"

// Config says what to show. Both are called for each request that needs them,
// several at once, and must not block for longer than said.
type Config struct {
	Snapshot func() Snapshot
	// Alive asks the main loop whether it still makes progress, and waits for
	// its answer for the timeout at most: supervise.Parent.Alive.
	Alive func(timeout time.Duration) bool
}

// aliveTimeout is below the second that Kubernetes gives a probe.
const aliveTimeout = 500 * time.Millisecond

// Serve answers until ctx ends, and closes the listener then. Each connection
// is for one request.
//
// Requests are read and answers written by net/http; its Server is not used,
// for it would be a thirtieth of the whole binary.
func Serve(ctx context.Context, l net.Listener, cfg Config) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	open := &connections{}
	for pause := firstPause; ; {
		c, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // no descriptors left, say
			time.Sleep(pause)
			pause = min(2*pause, maxPause)
			continue
		}
		pause = firstPause
		open.add(c)
		go func() {
			defer open.remove(c)
			serveOne(ctx, c, server{cfg, isLoopback(c.LocalAddr())})
		}()
	}
}

const (
	maxConnections = 64
	maxRequest     = 4 << 10         // bytes
	slowest        = 5 * time.Second // for a request, and for its answer
	firstPause     = 5 * time.Millisecond
	maxPause       = time.Second
)

func serveOne(ctx context.Context, c net.Conn, s server) {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	_ = c.SetDeadline(time.Now().Add(slowest))
	r, err := http.ReadRequest(bufio.NewReader(io.LimitReader(c, maxRequest)))
	a := text(http.StatusBadRequest, "this is no HTTP request")
	if err == nil {
		a = s.answer(r)
	}
	answer := http.Response{
		StatusCode: a.code, ProtoMajor: 1, ProtoMinor: 1, Request: r, Close: true,
		Header: http.Header{
			"Content-Type":           {a.kind},
			"X-Content-Type-Options": {"nosniff"},
			"Cache-Control":          {"no-store"},
		},
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}
	if a.code == http.StatusMethodNotAllowed {
		answer.Header["Allow"] = []string{"GET, HEAD"}
	}
	_ = c.SetDeadline(time.Now().Add(slowest)) // Alive may have used some of it
	out := bufio.NewWriter(c)
	_ = answer.Write(out)
	_ = out.Flush()
}

// server says what is answered.
type server struct {
	Config
	loopback bool
}

type answer struct {
	code int
	kind string
	body []byte
}

func text(code int, line string) answer {
	return answer{code, "text/plain; charset=utf-8", []byte(line + "\n")}
}

func (s server) answer(r *http.Request) answer {
	switch {
	case s.loopback && !isLocalName(r.Host):
		// A page in a browser whose name was pointed at this machine.
		return text(http.StatusMisdirectedRequest, "ask by localhost or by an IP address")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return text(http.StatusMethodNotAllowed, "it only answers GET and HEAD")
	}
	switch r.URL.Path {
	case "/livez":
		if !s.Alive(aliveTimeout) {
			return text(http.StatusServiceUnavailable, "stuck")
		}
		return text(http.StatusOK, "ok")
	case "/readyz":
		if c := s.Snapshot().Child; c != nil && c.Phase != Running {
			return text(http.StatusServiceUnavailable, c.Phase)
		}
		return text(http.StatusOK, "ok")
	case "/status":
		return answer{http.StatusOK, "application/json", document(s.Snapshot())}
	case "/metrics":
		return answer{http.StatusOK, "text/plain; version=0.0.4; charset=utf-8", metrics(s.Snapshot(), time.Now())}
	}
	return text(http.StatusNotFound, "there are /livez, /readyz, /status and /metrics")
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// isLocalName says whether a Host header names this machine by itself: such a
// name cannot be pointed at it by a stranger.
func isLocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	_, err := netip.ParseAddr(host)
	return err == nil || host == "" || strings.EqualFold(host, "localhost")
}
