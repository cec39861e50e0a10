package serve

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// Listener is where Serve accepts connections.
type Listener struct {
	net.Listener
	TLS *tls.Config // nil: without TLS
}

// The limits of one connection. A long poll ends before writeTimeout, and a
// backup sets its own.
const (
	headerTimeout = 20 * time.Second
	readTimeout   = headerTimeout // equal, so that net/http sets one timer instead of two
	writeTimeout  = maxWait + 10*time.Second
	idleTimeout   = 2 * time.Minute
	maxStreams    = 100               // concurrent streams on one HTTP/2 connection
	maxHeader     = maxToken + 16<<10 // bytes
)

// Timeouts limit reading the header of a request, reading all of it, the request
// with its answer, and waiting for the next request.
type Timeouts struct{ Header, Read, Write, Idle time.Duration }

func (t Timeouts) of(server *http.Server) {
	server.ReadHeaderTimeout = cmp.Or(t.Header, server.ReadHeaderTimeout)
	server.ReadTimeout = cmp.Or(t.Read, server.ReadTimeout)
	server.WriteTimeout = cmp.Or(t.Write, server.WriteTimeout)
	server.IdleTimeout = cmp.Or(t.Idle, server.IdleTimeout)
}

// Serve answers requests until ctx is done. Then it accepts no more of them, ends
// the long polls, and waits for in-flight requests, for shutdownTimeout at most.
func (s *Server) Serve(ctx context.Context, l Listener, shutdownTimeout time.Duration) error {
	server := HTTPServer(s.Handler(), s.log)
	server.TLSConfig = l.TLS
	s.timeouts.of(server)
	failed := make(chan error, 1)
	go func() {
		if l.TLS != nil {
			failed <- server.ServeTLS(l.Listener, "", "")
		} else {
			failed <- server.Serve(l.Listener)
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.end()
	limited, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(limited)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests were still in flight at the end of the shutdown timeout, and were aborted")
		err = server.Close()
	}
	return err
}

// HTTPServer returns a server with the limits of one connection, for HTTP/1.1 and
// HTTP/2, with TLS and without.
func HTTPServer(h http.Handler, l *zap.Logger) *http.Server {
	server := &http.Server{
		Handler: h, Protocols: new(http.Protocols), MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: log.New(quiet{l}, "", 0),
	}
	server.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: maxStreams}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetHTTP2(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	return server
}

// quiet replaces what net/http logs, which is mostly failed handshakes. The text
// may contain what a stranger has sent, so it is not logged.
type quiet struct{ log *zap.Logger }

func (q quiet) Write(b []byte) (int, error) {
	q.log.Debug("a connection failed")
	return len(b), nil
}
