package refresh

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/resolve"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var restart, notify, exit = change.Action{Kind: change.Restart}, change.Action{Kind: change.Notify, Signal: 1}, change.Action{Kind: change.Exit}

// source is a Source with its variables.
type source struct {
	Source
	vars map[string]string
}

func (s source) with(name, value string) source {
	s.vars = maps.Clone(s.vars)
	s.vars[name] = value
	s.Version++
	return s
}

func remote(label string, a change.Action, vars ...string) source {
	s := source{Source{label, true, 1, a}, map[string]string{}}
	for i := 0; i < len(vars); i += 2 {
		s.vars[vars[i]] = vars[i+1]
	}
	return s
}

// makeSet is what cmd/squire does, without the command.
func makeSet(sources ...source) (*Set, error) {
	set := &Set{Path: "/bin/true", Argv: []string{"true"}}
	var layers []resolve.Layer
	for _, s := range sources {
		l := resolve.Layer{Source: s.Label, Remote: s.Remote}
		for _, name := range slices.Sorted(maps.Keys(s.vars)) {
			l.Vars = append(l.Vars, resolve.Var{Name: name, Value: resolve.NewValue(s.vars[name])})
		}
		layers = append(layers, l)
		set.Sources = append(set.Sources, s.Source)
	}
	var err error
	set.Environment, err = inject.Merge([]string{"HOME=/", "INHERITED=1"}, layers, inject.Options{})
	return set, err
}

func mustSet(t *testing.T, sources ...source) *Set {
	t.Helper()
	set, err := makeSet(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// world is what a Refresher resolves, watches and tells, in fake time.
type world struct {
	t     *testing.T
	start time.Time
	*Refresher
	cancel context.CancelFunc

	mu       sync.Mutex
	sources  []source
	err      error
	resolves []time.Duration // since start
	log      []string
	watch    func(context.Context) error
	resolve  func()
}

// begin runs a Refresher of these sources in the bubble of a test.
func begin(t *testing.T, cfg Config, sources ...source) *world {
	w := &world{t: t, start: time.Now(), sources: sources}
	w.run(cfg)
	return w
}

func (w *world) run(cfg Config) {
	first := mustSet(w.t, w.sources...)
	first.Watch = w.watch
	cfg.Resolve = func(ctx context.Context) (*Set, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.resolves = append(w.resolves, w.now())
		if w.resolve != nil {
			w.resolve()
		}
		if w.err != nil {
			return nil, w.err
		}
		set, err := makeSet(w.sources...)
		if set != nil {
			set.Watch = w.watch
		}
		return set, err
	}
	cfg.Changed = func(s *Set, a change.Action) { w.note("changed X=%s kind %d", value(s), a.Kind) }
	cfg.Failed = func(err error, again time.Duration) { w.note("failed: %s; again in %s", err, again) }
	cfg.Recovered = func() { w.note("recovered") }
	if cfg.Random == nil {
		cfg.Random = func() float64 { return 0.5 }
	}
	w.Refresher = New(first, cfg)
	ctx, cancel := context.WithCancel(w.t.Context())
	w.cancel = cancel
	go w.Run(ctx)
	synctest.Wait()
}

func value(s *Set) string {
	for _, v := range s.Environment.Vars() {
		if v.Name == "X" {
			return v.Value.Reveal()
		}
	}
	return ""
}

func (w *world) now() time.Duration { return time.Since(w.start) }

func (w *world) note(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("%s ", w.now())+fmt.Sprintf(format, args...))
}

// set changes a source, without telling.
func (w *world) set(i int, name, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sources = slices.Clone(w.sources)
	w.sources[i] = w.sources[i].with(name, value)
}

// list has other sources than before.
func (w *world) list(sources ...source) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sources = sources
}

func (w *world) fail(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err = nil; text != "" {
		w.err = errors.New(text)
	}
}

// after lets fake time pass, to the end of all that happens then.
func (w *world) after(d time.Duration) {
	time.Sleep(d) // of the bubble
	synctest.Wait()
}

// took gives and forgets what was told, and when Resolve was called.
func (w *world) took() (log []string, resolves []time.Duration) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	log, resolves = w.log, w.resolves
	w.log, w.resolves = nil, nil
	return log, resolves
}
