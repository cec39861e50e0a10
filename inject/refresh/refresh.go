package refresh

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve/filewatch"
)

// Config says how to refresh. Resolve and Changed are required. All functions
// are called by Run, one at a time, and only Resolve may block for long.
type Config struct {
	// Resolve resolves all sources again: all or nothing. It is never called
	// twice at once. A panic in it is a failure.
	Resolve func(context.Context) (*plan.Result, error)
	// Changed gets a Result with another environment, and what to do now: the
	// strongest action of the sources whose variables changed.
	Changed func(*plan.Result, change.Action)
	// OnChange is the action of sources that say none of their own.
	OnChange change.Action
	// Watch returns nil when a named secret of a Result may have changed since
	// the last Resolve that succeeded: at times too often, never too seldom. Its
	// error is that of ctx, or of what it asks, and it is called again after a
	// pause; after errors.ErrUnsupported it is not, until there are other names.
	// It is called only where there are named secrets. Nil: nothing is watched.
	Watch func(context.Context, *plan.Result) error
	// Blind gets the files whose changes nothing may report, and how often these
	// are looked at (0: never), when they are others than before; none: all are
	// watched again. Nil: not called.
	Blind func(files []filewatch.Blind, every time.Duration)
	// Failed gets the error of a refresh that failed, and when it is retried at
	// the latest: of the first, then less and less often, or when the text is
	// another. Recovered is called at the first success after that. Nil: not
	// called.
	Failed    func(err error, again time.Duration)
	Recovered func()

	// Debounce is how long it must be quiet after a change; under steady change
	// it ends after ten times as long. 0: at once.
	Debounce time.Duration
	// Splay bounds a random pause before a change is taken, so that a fleet
	// does not restart at once. What changes meanwhile is taken with it.
	Splay time.Duration
	// Poll is how often it resolves in any case. 0: never.
	Poll time.Duration

	// Random is a seam for tests: from 0 to below 1. Nil: math/rand.
	Random func() float64
}

func (c Config) withDefaults() Config {
	if c.Blind == nil {
		c.Blind = func([]filewatch.Blind, time.Duration) {}
	}
	if c.Failed == nil {
		c.Failed = func(error, time.Duration) {}
	}
	if c.Recovered == nil {
		c.Recovered = func() {}
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	return c
}

// Refresher keeps a Result current while Run runs.
type Refresher struct {
	cfg     Config
	trigger chan struct{}
	result  *plan.Result // of Run alone

	mu    sync.Mutex
	state State
}

// New begins with a Result that was resolved just now, and is in use.
func New(first *plan.Result, cfg Config) *Refresher {
	r := &Refresher{cfg: cfg.withDefaults(), trigger: make(chan struct{}, 1), result: first}
	r.state.adopt(nil, first, time.Now())
	return r
}

// Trigger says that something may have changed, as a watch would.
func (r *Refresher) Trigger() {
	select {
	case r.trigger <- struct{}{}:
	default: // the one that nobody took yet will do
	}
}
