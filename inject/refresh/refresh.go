package refresh

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/change"
)

// Set is one complete outcome of all sources. It does not change once made.
type Set struct {
	Environment *inject.Environment
	Path        string // of the command, looked up in Environment
	Argv        []string
	Sources     []Source // in the order of the layers
	// Files are paths whose change may change the set: .env files, squire.yaml.
	Files []string
	// Watch returns nil when a named secret may have changed since the last
	// Resolve that succeeded: at times too often, never too seldom. Its error is
	// that of ctx, or of what it asks, and it is called again after a pause;
	// after errors.ErrUnsupported it is not. Nil: there is nothing to wait for.
	Watch func(ctx context.Context) error
}

// Source is what is known of a source, but for its variables.
type Source struct {
	// Label identifies the source in every set: "main/db", "/app/.env".
	Label   string
	Remote  bool
	Version int           // of a named secret; 0: it has none
	Action  change.Action // when it changes
}

// Config says how to refresh. Resolve and Changed are required. All functions
// are called by Run, one at a time, and only Resolve may block for long.
type Config struct {
	// Resolve resolves all sources again: all or nothing. It is never called
	// twice at once. A panic in it is a failure.
	Resolve func(context.Context) (*Set, error)
	// Changed is told of a set that the next start is to use, and what to do
	// now: the strongest action of the sources whose variables changed. Where
	// the command alone is found elsewhere, that is Ignore.
	Changed func(*Set, change.Action)
	// Failed is told of a refresh that failed, and when it is tried again at the
	// latest: of the first, then at growing intervals, or when the text is
	// another. Recovered is told of the first success after that. Nil: nobody.
	Failed    func(err error, again time.Duration)
	Recovered func()
	// Culprits says which sources of the last set, by index, a failure is about.
	// Nil, or no answer: all of them.
	Culprits func(err error, set *Set) map[int]error

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

// Refresher keeps a set current while Run runs.
type Refresher struct {
	cfg     Config
	trigger chan struct{}
	set     *Set // of Run alone

	mu    sync.Mutex
	state State
}

// New begins with a set that was resolved just now, and is in use.
func New(first *Set, cfg Config) *Refresher {
	r := &Refresher{cfg: cfg.withDefaults(), trigger: make(chan struct{}, 1), set: first}
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
