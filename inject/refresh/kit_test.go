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
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var restart, notify, exit = change.Action{Kind: change.Restart}, change.Action{Kind: change.Notify, Signal: 1}, change.Action{Kind: change.Exit}

// source is a source with its variables.
type source struct {
	plan.SourceResult
	vars map[string]string
}

func (s source) with(name, value string) source {
	s.vars = maps.Clone(s.vars)
	s.vars[name] = value
	s.Version++
	return s
}

func remote(label string, a change.Action, vars ...string) source {
	s := source{plan.SourceResult{Label: label, Remote: true, Version: 1, OnChange: &a}, map[string]string{}}
	for i := 0; i < len(vars); i += 2 {
		s.vars[vars[i]] = vars[i+1]
	}
	return s
}

// makeResult is what a plan.Resolver does.
func makeResult(sources ...source) (*plan.Result, error) {
	result := &plan.Result{}
	var layers []resolve.Layer
	for _, s := range sources {
		l := resolve.Layer{Source: s.Label, Remote: s.Remote}
		for _, name := range slices.Sorted(maps.Keys(s.vars)) {
			l.Vars = append(l.Vars, resolve.Var{Name: name, Value: resolve.NewValue(s.vars[name])})
		}
		layers = append(layers, l)
		result.Sources = append(result.Sources, s.SourceResult)
	}
	var err error
	result.Environment, err = inject.Merge([]string{"HOME=/", "INHERITED=1"}, layers, inject.Options{})
	return result, err
}

func mustResult(t *testing.T, sources ...source) *plan.Result {
	t.Helper()
	result, err := makeResult(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return result
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
	first := mustResult(w.t, w.sources...)
	cfg.Watch = func(ctx context.Context, _ *plan.Result) error {
		w.mu.Lock()
		watch := w.watch
		w.mu.Unlock()
		if watch == nil {
			return errors.ErrUnsupported
		}
		return watch(ctx)
	}
	cfg.Resolve = func(ctx context.Context) (*plan.Result, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.resolves = append(w.resolves, w.now())
		if w.resolve != nil {
			w.resolve()
		}
		if w.err != nil {
			return nil, w.err
		}
		return makeResult(w.sources...)
	}
	cfg.Changed = func(r *plan.Result, a change.Action) { w.note("changed X=%s kind %d", value(r), a.Kind) }
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

func value(r *plan.Result) string {
	for _, v := range r.Environment.Vars() {
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
	if text == "" {
		w.failWith(nil)
		return
	}
	w.failWith(errors.New(text))
}

func (w *world) failWith(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// after lets fake time pass, to the end of all that happens then.
func (w *world) after(d time.Duration) {
	time.Sleep(d) // of the bubble
	synctest.Wait()
}

// took gives and forgets what was reported, and when Resolve was called.
func (w *world) took() (log []string, resolves []time.Duration) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	log, resolves = w.log, w.resolves
	w.log, w.resolves = nil, nil
	return log, resolves
}
