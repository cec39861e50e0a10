package serve

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/squire-env/squire/resolve"
)

// health is the answer of both probes.
type health struct {
	Status string `json:"status"`
}

// healthz says that the process answers.
func (c *call) healthz() (any, error) { return health{"ok"}, nil }

// readyz says that the store can be read and its key is at hand. Why not is
// for the log: anybody may ask.
func (c *call) readyz() (any, error) {
	err := c.server.ready.ask(c.server.now(), func() error { return c.server.callers.Ready(context.WithoutCancel(c.r.Context())) })
	if err != nil {
		c.server.log.Warn("the store is not ready", zap.Error(err))
		return nil, errNotReady
	}
	return health{"ready"}, nil
}

var errNotReady = fmt.Errorf("%w: the store is not ready", resolve.ErrUnavailable)

// readiness keeps a result for a moment, for all who ask: to look is a
// transaction, and anybody may ask.
type readiness struct {
	mu   sync.Mutex
	at   time.Time
	last error
}

const readyFor = time.Second

func (r *readiness) ask(now time.Time, look func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := now.Sub(r.at); r.at.IsZero() || age < 0 || age >= readyFor {
		r.at, r.last = now, look()
	}
	return r.last
}
