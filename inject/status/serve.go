package status

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/squire-env/squire/inject/refresh"
	"github.com/squire-env/squire/inject/supervise"
)

// Snapshot is all that is shown.
type Snapshot struct {
	Child   supervise.State
	Sources refresh.State
}

// Config says what to show. Both are called for each request that needs them,
// several at once, and must not block for longer than said.
type Config struct {
	Snapshot func() Snapshot
	// Alive asks the parent's loop for a sign of life, and waits for it that
	// long at most: supervise.Parent.Alive.
	Alive func(patience time.Duration) bool
}

// patience is below the second that Kubernetes gives a probe.
const patience = 500 * time.Millisecond

// Serve answers until ctx ends, and closes the listener then.
func Serve(ctx context.Context, l net.Listener, cfg Config) error {
	s := &http.Server{
		Handler:           handler{cfg, isLoopback(l.Addr())},
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      10 * time.Second,
		MaxHeaderBytes:    4 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // standard error is the command's too
	}
	s.SetKeepAlivesEnabled(false)
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	err := s.Serve(few{l, make(chan struct{}, maxConnections)})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	_ = s.Close()
	return err
}

type handler struct {
	Config
	loopback bool
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Type", "text/plain; charset=utf-8")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store")
	switch {
	case h.loopback && !isLocalName(r.Host):
		// A page in a browser whose name was pointed at this machine.
		answer(w, http.StatusMisdirectedRequest, "ask by localhost or by an IP address")
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		head.Set("Allow", "GET, HEAD")
		answer(w, http.StatusMethodNotAllowed, "it only answers GET and HEAD")
		return
	}
	switch r.URL.Path {
	case "/livez":
		if !h.Alive(patience) {
			answer(w, http.StatusServiceUnavailable, "stuck")
			return
		}
		answer(w, http.StatusOK, "ok")
	case "/readyz":
		if phase := h.Snapshot().Child.Phase; phase != supervise.Running {
			answer(w, http.StatusServiceUnavailable, string(phase))
			return
		}
		answer(w, http.StatusOK, "ok")
	case "/status":
		head.Set("Content-Type", "application/json")
		_, _ = w.Write(document(h.Snapshot()))
	case "/metrics":
		head.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(metrics(h.Snapshot(), time.Now()))
	default:
		answer(w, http.StatusNotFound, "there are /livez, /readyz, /status and /metrics")
	}
}

func answer(w http.ResponseWriter, code int, text string) {
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text+"\n")
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
