// Package serve is the named-secret service behind HTTP: a thin skin over
// package service, which decides, and over package api, whose structs are the
// bodies. Start with New; Server.Handler answers, Server.Serve also listens
// and ends well.
//
// It promises: no call passes without a caller, but for the open routes; an
// answer is whole or an error with a stable code; nothing that is logged,
// counted or told in an error holds a value or a token.
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

// Config is what a Server is made of. Zero values are the defaults.
type Config struct {
	// Service is what is served. Required.
	Service *service.Service
	// Identities checks tokens that are none of ours: JWTs. Nil: there are none.
	Identities Identities
	// Log hears of faults and, at debug, of every request. Nil: nobody.
	Log *zap.Logger
	// MaxConcurrent bounds the requests in work. 0: 16,384.
	MaxConcurrent int
	// MaxWatches bounds the long polls, which are counted apart. 0: 20,000.
	MaxWatches int
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// HideMetrics leaves /metrics to MetricsHandler, for another listener.
	HideMetrics bool
	// Timeouts bound one connection of Serve. Each 0: its default.
	Timeouts Timeouts
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// Identities turns the token of another issuer into a caller. The error is a
// resolve.ErrNoIdentity, or ErrUnavailable where the issuer cannot be asked.
type Identities interface {
	Identify(ctx context.Context, token string) (name string, scope api.Scope, err error)
}

// Rememberer is an Identities that knows again whom it has identified lately,
// at no cost.
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
	early        slots // of those whose small bodies are read before their callers are known
	ready        readiness
	ending       context.Context // done when the server is about to end: nobody waits for it
	end          context.CancelFunc
}

// New makes a server; it starts nothing.
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

// slots bound how many are in work at once.
type slots chan struct{}

func newSlots(n int) slots { return make(slots, n) }

// take takes a slot, unless all are taken.
func (s slots) take() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) give() { <-s }

// minEarly is how many bodies may be on their way at the least: they are small,
// and to send them slowly costs a stranger a connection each.
const minEarly = 1024
