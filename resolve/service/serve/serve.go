// Package serve offers the named-secret service over HTTP. It is a thin layer:
// package service decides what a caller may do, and the structs of package api
// are the bodies. Start with New; Server.Handler answers requests, and
// Server.Serve also runs a server with graceful shutdown.
//
// It promises: except on the open routes, every request has a caller, and a
// handler can use the service only with the rights of that caller; an answer is
// complete, or an error with a stable code; no log line, metric or error
// contains a value or a token.
package serve

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve/internal/callers"
	"github.com/squire-env/squire/resolve/service/serve/limit"
)

// Config configures a Server. Zero values are the defaults.
type Config struct {
	// Service is the service with the rights of its owner. Required.
	Service *service.Service
	// Identities checks the tokens of other issuers (JWTs). Nil: these are refused.
	Identities Identities
	// Log gets failures and, at level debug, every request. Nil: nothing is logged.
	Log *zap.Logger
	// MaxConcurrent limits the requests in flight. 0: 16,384.
	MaxConcurrent int
	// MaxWatches limits the long polls, which are counted separately. 0: 20,000.
	MaxWatches int
	// TrustedProxies are the networks whose X-Forwarded-For header is used.
	TrustedProxies []netip.Prefix
	// HideMetrics removes /metrics here, for a MetricsHandler on another listener.
	HideMetrics bool
	// Timeouts limit one connection of Serve. Each has a default for 0.
	Timeouts Timeouts
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// Identities authenticates the bearers of other issuers' tokens. The error is a
// resolve.ErrNoIdentity, or ErrUnavailable if the token cannot be checked.
type Identities interface {
	Identify(ctx context.Context, token string) (name string, scope api.Scope, err error)
}

// Rememberer is an Identities that caches its recent results, so that Recall
// costs next to nothing.
type Rememberer interface {
	Recall(token string) (name string, scope api.Scope, ok bool)
}

// Server serves one Service. It is safe for concurrent use. Its handlers reach
// what they need through it, so the Service itself is not among its fields.
type Server struct {
	callers        *callers.Callers
	log            *zap.Logger
	trustedProxies []netip.Prefix
	hideMetrics    bool
	timeouts       Timeouts
	now            func() time.Time

	mux          *http.ServeMux
	resolveRoute *Route
	failures     *limit.Limiter
	requests     slots
	watches      slots
	metrics      *metricSet
	early        slots // for requests whose small bodies are read before their callers are known
	ready        readiness
	ending       context.Context // done when the server shuts down: long polls end with it
	end          context.CancelFunc
}

// New makes a Server. It starts nothing.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = 16384
	}
	if c.MaxWatches == 0 {
		c.MaxWatches = 20_000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Server{
		callers: callersOf(c), log: c.Log, trustedProxies: c.TrustedProxies, hideMetrics: c.HideMetrics, timeouts: c.Timeouts, now: c.Now,
		mux: http.NewServeMux(), failures: limit.New(limit.Config{Now: c.Now}),
		requests: newSlots(c.MaxConcurrent), early: newSlots(max(c.MaxConcurrent, minEarly)), watches: newSlots(c.MaxWatches),
	}
	s.ending, s.end = context.WithCancel(context.Background())
	s.metrics = newMetrics(s)
	s.register()
	return s
}

func callersOf(c Config) *callers.Callers {
	found := callers.Config{Owner: c.Service}
	if c.Identities != nil {
		found.Identify = c.Identities.Identify
	}
	if r, ok := c.Identities.(Rememberer); ok {
		found.Recall = r.Recall
	}
	return callers.New(found)
}

// slots limit how many requests are in flight.
type slots chan struct{}

func newSlots(n int) slots { return make(slots, n) }

// take takes a slot, and reports false if none is free.
func (s slots) take() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) give() { <-s }

// minEarly is how many small bodies can be read at once, at least. Sending one
// slowly costs a stranger a connection each.
const minEarly = 1024
