package serve

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/squire-env/squire/resolve"
)

// health is the answer to both probes.
type health struct {
	Status string `json:"status"`
}

// healthz reports that the process answers.
func (c *call) healthz() (any, error) { return health{"ok"}, nil }

// readyz reports whether the store can be read with the configured key. The
// reason of a failure goes only to the log, since anybody may ask.
func (c *call) readyz() (any, error) {
	err := c.server.ready.get(c.server.now(), func() error { return c.server.callers.Ready(context.WithoutCancel(c.r.Context())) })
	if err != nil {
		c.server.log.Warn("the store is not ready", zap.Error(err))
		return nil, errNotReady
	}
	return health{"ready"}, nil
}

var errNotReady = fmt.Errorf("%w: the store is not ready", resolve.ErrUnavailable)

// readiness caches the result of a check for a moment: a check is a transaction,
// and anybody may ask.
type readiness struct {
	mu   sync.Mutex
	at   time.Time
	last error
}

const readyFor = time.Second

func (r *readiness) get(now time.Time, check func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := now.Sub(r.at); r.at.IsZero() || age < 0 || age >= readyFor {
		r.at, r.last = now, check()
	}
	return r.last
}
