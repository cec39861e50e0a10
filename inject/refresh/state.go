package refresh

import (
	"errors"
	"slices"
	"time"

	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

// State is what may be known of the sources, by anybody.
type State struct {
	Sources []SourceState // in the order of the layers

	Refreshes int // that succeeded, whether something changed or not
	Failures  int
	Changes   int // refreshes after which Changed was called

	Watching bool              // Run was called
	Blind    []filewatch.Blind // files whose changes nothing may report
	Looked   time.Duration     // how often these are looked at; 0: never

	WatchError string // why nothing tells of changes of named secrets, so that polling has to do; "": something does, or there are none

	LastSuccess time.Time // zero: never yet, and so below
	LastFailure time.Time
	LastChange  time.Time
}

// SourceState is what may be known of one source.
type SourceState struct {
	Label      string
	Remote     bool
	Version    int       // in use; 0: it has none
	FetchedAt  time.Time // when what is in use was last known to be current
	StaleSince time.Time // of the first failure about it since; zero: it is not stale
	LastError  string    // of the last such failure; "": none since
}

// State is a snapshot.
func (r *Refresher) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state
	s.Sources = slices.Clone(s.Sources)
	return s
}

// adopt notes a Result that was asked for at a time.
func (s *State) adopt(was, now *plan.Result, at time.Time) {
	s.Sources = make([]SourceState, len(now.Sources))
	for i, source := range now.Sources {
		s.Sources[i] = SourceState{Label: source.Label, Remote: source.Remote, Version: source.Version, FetchedAt: at}
	}
	if was != nil {
		s.Refreshes++
		s.LastSuccess = at
	}
}

// fail notes a failure. A Result is all or nothing, so a source that was stale
// before stays so although this failure is not about it.
func (s *State) fail(err error, at time.Time) {
	s.Failures++
	s.LastFailure = at
	var failed map[string]error
	if e, ok := errors.AsType[*plan.Error](err); ok {
		failed = e.ByLabel()
	}
	known := slices.ContainsFunc(s.Sources, func(one SourceState) bool { return failed[one.Label] != nil })
	for i := range s.Sources {
		about := err
		if known {
			about = failed[s.Sources[i].Label]
		}
		if about == nil {
			continue
		}
		if s.Sources[i].StaleSince.IsZero() {
			s.Sources[i].StaleSince = at
		}
		s.Sources[i].LastError = shown(about)
	}
}

// shown is an error as a log would have it: a token that was typed where a name
// belongs is in no state either.
func shown(err error) string { return resolve.RedactTokens(err.Error()) }
