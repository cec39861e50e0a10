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

// Listener is where Serve answers.
type Listener struct {
	net.Listener
	TLS *tls.Config // nil: without TLS
}

// The bounds of one connection. A long poll is shorter than writeTimeout, and
// a backup sets its own.
const (
	headerTimeout = 20 * time.Second
	readTimeout   = headerTimeout // as long, and so one timer is set and not two
	writeTimeout  = maxWait + 10*time.Second
	idleTimeout   = 2 * time.Minute
	maxStreams    = 100               // at once on a connection of HTTP/2
	maxHeader     = maxToken + 16<<10 // bytes
)

// Timeouts are for the head of a request, for all of it, for it and its
// answer, and for the next one to come.
type Timeouts struct{ Header, Read, Write, Idle time.Duration }

func (t Timeouts) of(server *http.Server) {
	server.ReadHeaderTimeout = cmp.Or(t.Header, server.ReadHeaderTimeout)
	server.ReadTimeout = cmp.Or(t.Read, server.ReadTimeout)
	server.WriteTimeout = cmp.Or(t.Write, server.WriteTimeout)
	server.IdleTimeout = cmp.Or(t.Idle, server.IdleTimeout)
}

// Serve answers until ctx ends; then it accepts no more, ends the long polls,
// and waits for what is in work, shutdownTimeout at most.
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
		s.log.Warn("requests were cut off at the end of the shutdown timeout")
		err = server.Close()
	}
	return err
}

// HTTPServer has the bounds of one connection; it speaks HTTP/1.1 and HTTP/2,
// with TLS and without.
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

// quiet takes what net/http logs: handshakes of strangers, mostly. Their words
// are their own, so only that there was something is told.
type quiet struct{ log *zap.Logger }

func (q quiet) Write(b []byte) (int, error) {
	q.log.Debug("a connection failed")
	return len(b), nil
}
