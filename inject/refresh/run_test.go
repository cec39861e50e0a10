package refresh

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/squire-env/squire/inject/change"

	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
)

func (w *world) want(log []string, resolves ...time.Duration) {
	w.t.Helper()
	gotLog, gotResolves := w.took()
	if d := cmp.Diff(log, gotLog); d != "" {
		w.t.Errorf("reported (-want +got):\n%s", d)
	}
	if d := cmp.Diff(resolves, gotResolves); d != "" {
		w.t.Errorf("resolved at (-want +got):\n%s", d)
	}
}

const ms = time.Millisecond

// bubble runs a test in fake time, to the end of the Refresher.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestRun(t *testing.T) {
	bubble(t, "what changed before it began to watch is found", func(t *testing.T) {
		w := &world{t: t, start: time.Now(), sources: []source{remote("db", restart, "X", "1")}}
		sources := w.sources
		w.resolve = func() { w.sources = []source{sources[0].with("X", "2")} }
		w.run(Config{Debounce: 500 * ms, Poll: time.Minute})
		w.want([]string{"0s changed X=2 kind 3"}, 0)
	})
	bubble(t, "it ends while it resolves", func(t *testing.T) {
		first := mustResult(t, remote("db", restart))
		began, ended := make(chan struct{}), make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		r := New(first, Config{
			Resolve: func(ctx context.Context) (*plan.Result, error) { close(began); <-ctx.Done(); return nil, ctx.Err() },
			Changed: func(*plan.Result, change.Action) { t.Error("a change of nothing") },
			Failed:  func(error, time.Duration) { t.Error("a failure, though it was the end") },
		})
		go func() { r.Run(ctx); close(ended) }()
		<-began
		cancel()
		<-ended
		if s := r.State(); s.Failures != 0 || !s.Sources[0].StaleSince.IsZero() {
			t.Errorf("the end is shown as a failure: %+v", s)
		}
	})
	bubble(t, "debounce", func(t *testing.T) {
		w := begin(t, Config{Debounce: 500 * ms}, remote("db", restart, "X", "1"))
		w.want(nil, 0)
		w.set(0, "X", "2")
		w.Trigger()
		w.after(400 * ms)
		w.set(0, "X", "3")
		w.Trigger()
		w.after(499 * ms)
		w.want(nil)
		w.after(ms)
		w.want([]string{"900ms changed X=3 kind 3"}, 900*ms)
		w.after(time.Hour)
		w.want(nil)
	})
	bubble(t, "steady change ends after ten times the debounce", func(t *testing.T) {
		w := begin(t, Config{Debounce: 500 * ms}, remote("db", restart, "X", "1"))
		for i := range 100 {
			w.set(0, "X", fmt.Sprint(i))
			w.Trigger()
			w.after(100 * ms)
		}
		w.after(time.Second)
		if log, resolves := w.took(); len(resolves) != 3 || len(log) != 2 || !strings.Contains(log[1], "X=99") {
			t.Errorf("resolved at %s, reported %q", resolves, log)
		}
	})
	bubble(t, "without debounce at once", func(t *testing.T) {
		w := begin(t, Config{}, remote("db", restart, "X", "1"))
		w.set(0, "X", "2")
		w.Trigger()
		w.want([]string{"0s changed X=2 kind 3"}, 0, 0)
	})
	bubble(t, "a change while it resolves is not lost", func(t *testing.T) {
		w := begin(t, Config{Debounce: 500 * ms}, remote("db", restart, "X", "1"))
		w.resolve = func() { // the next one is under way
			w.resolve = nil
			w.Trigger()
		}
		w.Trigger()
		w.after(500 * ms)
		w.set(0, "X", "2")
		w.after(500 * ms)
		w.want([]string{"1s changed X=2 kind 3"}, 0, 500*ms, time.Second)
	})
	bubble(t, "poll", func(t *testing.T) {
		w := begin(t, Config{Debounce: 500 * ms, Poll: time.Minute}, remote("db", restart, "X", "1"))
		w.after(time.Minute)
		w.set(0, "X", "2")
		w.after(time.Minute)
		w.want([]string{"2m0s changed X=2 kind 3"}, 0, time.Minute, 2*time.Minute)
	})
	bubble(t, "splay", func(t *testing.T) {
		w := begin(t, Config{Debounce: 500 * ms, Splay: 10 * time.Second}, remote("db", restart, "X", "1"))
		w.set(0, "X", "2")
		w.Trigger()
		w.after(2 * time.Second)
		w.set(0, "X", "3") // goes with it, without a debounce of its own
		w.Trigger()
		w.after(time.Minute)
		w.want([]string{"5.5s changed X=3 kind 3"}, 0, 5500*ms)
	})
	bubble(t, "what a poll finds has its splay too", func(t *testing.T) {
		w := begin(t, Config{Splay: 10 * time.Second, Poll: time.Minute}, remote("db", restart, "X", "1"))
		w.set(0, "X", "2")
		w.after(61 * time.Second)
		w.want(nil, 0, time.Minute)
		w.after(9 * time.Second)
		w.want([]string{"1m5s changed X=2 kind 3"}, 65*time.Second)
	})
	bubble(t, "no change of the values is none", func(t *testing.T) {
		w := begin(t, Config{}, remote("db", restart, "X", "1"))
		w.after(time.Second)
		w.set(0, "X", "1")
		w.Trigger()
		w.want(nil, 0, time.Second)
		s := w.State()
		if got := s.Sources[0]; got.Version != 2 || got.FetchedAt != w.start.Add(time.Second) {
			t.Errorf("the new version is not shown: %+v", got)
		}
		if s.Refreshes != 2 || s.Changes != 0 || s.LastSuccess != w.start.Add(time.Second) || !s.LastChange.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

func TestWatch(t *testing.T) {
	// watched is a world whose Watch does what is sent.
	watched := func(t *testing.T) (*world, chan error) {
		answers := make(chan error)
		w := &world{t: t, start: time.Now(), sources: []source{remote("db", restart, "X", "1")}}
		w.watch = func(ctx context.Context) error {
			w.mu.Lock()
			w.note("watch")
			w.mu.Unlock()
			select {
			case err := <-answers:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		w.run(Config{Poll: 10 * time.Minute})
		w.want([]string{"0s watch"}, 0)
		return w, answers
	}
	bubble(t, "is called again after the refresh", func(t *testing.T) {
		w, answers := watched(t)
		w.set(0, "X", "2")
		answers <- nil
		w.want([]string{"0s changed X=2 kind 3", "0s watch"}, 0)
	})
	bubble(t, "waits through polls", func(t *testing.T) {
		w, _ := watched(t)
		w.after(30 * time.Minute)
		w.want(nil, 10*time.Minute, 20*time.Minute, 30*time.Minute)
	})
	bubble(t, "errors have pauses", func(t *testing.T) {
		w, answers := watched(t)
		answers <- errors.New("no server")
		w.after(749 * ms)
		w.want(nil, 0) // it is looked at once, so that what is wrong is reported
		w.after(ms)
		answers <- errors.New("no server")
		w.after(1500 * ms)
		w.want([]string{"750ms watch", "2.25s watch"}, 750*ms)
		if got := w.State().WatchError; got != "no server" {
			t.Errorf("the error is not shown: %q", got)
		}
		w.after(time.Second)
		answers <- nil
		w.want([]string{"3.25s watch"}, 3250*ms)
		if got := w.State().WatchError; got != "" {
			t.Errorf("the error is still shown: %q", got)
		}
		answers <- errors.New("no server")
		w.after(750 * ms)
		w.want([]string{"4s watch"}, 3250*ms) // from the beginning
	})
	bubble(t, "is not called while a refresh fails", func(t *testing.T) {
		w, answers := watched(t)
		w.fail("denied")
		answers <- nil
		w.after(600 * ms)
		w.want([]string{"0s failed: denied; again in 750ms"}, 0)
		w.fail("")
		w.after(150 * ms)
		w.want([]string{"750ms recovered"}, 750*ms)
		w.after(50 * ms)
		w.want([]string{"787.5ms watch"})
	})
	bubble(t, "that tells of nothing at once has pauses", func(t *testing.T) {
		w, _ := watched(t)
		w.cancel()
		w.watch = func(context.Context) error { return nil }
		w.run(Config{})
		w.after(time.Minute)
		if _, resolves := w.took(); len(resolves) < 60 || len(resolves) > 100 {
			t.Errorf("resolved %d times in a minute", len(resolves))
		}
		w.set(0, "X", "2")
		w.after(time.Second)
		if log, _ := w.took(); len(log) != 1 {
			t.Errorf("reported %q", log)
		}
	})
	bubble(t, "that cannot is not called again until there are other names", func(t *testing.T) {
		w, answers := watched(t)
		answers <- errors.ErrUnsupported
		w.after(time.Hour)
		if log, resolves := w.took(); log != nil || len(resolves) != 6 {
			t.Errorf("reported %q, resolved at %s", log, resolves)
		}
		w.list(w.sources[0], remote("cache", restart))
		w.Trigger()
		w.want([]string{"1h0m0s watch"}, time.Hour)
		w.list(w.sources[0])
		w.Trigger()
		w.want([]string{"1h0m0s watch"}, time.Hour)
	})
	bubble(t, "may panic", func(t *testing.T) {
		w, _ := watched(t)
		w.cancel()
		w.watch = func(context.Context) error { panic("S3CRET") }
		w.run(Config{})
		if got := w.State().WatchError; !strings.HasPrefix(got, "panic: string in run_test.go:") || strings.Contains(got, "S3CRET") {
			t.Errorf("shown as %q", got)
		}
	})
}

func TestFailures(t *testing.T) {
	bubble(t, "keep the last set, with pauses", func(t *testing.T) {
		w := begin(t, Config{Random: func() float64 { return 0 }}, remote("db", restart, "X", "1"))
		w.want(nil, 0)
		w.set(0, "X", "2")
		w.fail("no server")
		w.Trigger()
		w.want([]string{"0s failed: no server; again in 500ms"}, 0)
		w.after(5 * time.Minute)
		_, resolves := w.took()
		if d := cmp.Diff([]time.Duration{500 * ms, 1500 * ms, 3500 * ms, 7500 * ms, 15500 * ms, 31500 * ms, 61500 * ms}, resolves[:7]); d != "" {
			t.Error(d)
		}
		s := w.State()
		if got := s.Sources[0]; got.StaleSince != w.start || got.LastError != "no server" || got.Version != 1 || got.FetchedAt != w.start {
			t.Errorf("%+v", got)
		}
		if s.Failures != 1+len(resolves) || s.Refreshes != 1 {
			t.Errorf("%+v, after %d", s, len(resolves))
		}
		w.fail("")
		w.after(time.Minute)
		if log, _ := w.took(); len(log) != 2 || !strings.HasSuffix(log[0], " recovered") || !strings.HasSuffix(log[1], " changed X=2 kind 3") {
			t.Errorf("reported %q", log)
		}
		if got := w.State().Sources[0]; !got.StaleSince.IsZero() || got.LastError != "" || got.Version != 2 {
			t.Errorf("%+v", got)
		}
	})
	bubble(t, "are reported at longer and longer intervals", func(t *testing.T) {
		w := begin(t, Config{}, remote("db", restart))
		w.fail("no server")
		w.Trigger()
		w.after(6 * time.Hour)
		log, _ := w.took()
		if len(log) < 8 || len(log) > 13 {
			t.Errorf("reported %d times: %q", len(log), log)
		}
		w.fail("no certificate")
		w.after(time.Minute)
		if log, _ := w.took(); len(log) != 1 || !strings.Contains(log[0], "no certificate") {
			t.Errorf("reported %q", log)
		}
		w.Trigger()
		w.fail("")
		w.after(time.Minute)
		w.fail("no server")
		w.Trigger()
		if log, _ := w.took(); len(log) != 2 || !strings.Contains(log[1], "no server; again in 750ms") {
			t.Errorf("reported %q", log)
		}
	})
	bubble(t, "with another text each time are not reported each time", func(t *testing.T) {
		w := begin(t, Config{}, remote("db", restart))
		for i := range 100 {
			w.fail(fmt.Sprint("fault ", i))
			w.Trigger()
			w.after(100 * ms)
		}
		if log, _ := w.took(); len(log) != 1 {
			t.Errorf("reported %q", log)
		}
	})
	bubble(t, "are retried at once on a change", func(t *testing.T) {
		w := begin(t, Config{}, remote("db", restart, "X", "1"))
		w.fail("line 3")
		w.Trigger()
		w.after(20 * time.Second)
		w.took()
		w.fail("")
		w.set(0, "X", "2")
		w.Trigger()
		w.want([]string{"20s recovered", "20s changed X=2 kind 3"}, 20*time.Second)
		w.after(time.Hour)
		w.want(nil)
	})
	bubble(t, "are of the sources that they are about", func(t *testing.T) {
		w := begin(t, Config{}, remote("a", restart), remote("b", restart))
		fault := &resolve.IndexError{Index: 0, Err: errors.New("line 3")}
		w.failWith(&plan.Error{Err: fault, Labels: []string{"b", "new"}}) // the list is another one by now
		w.Trigger()
		synctest.Wait()
		s := w.State().Sources
		if s[0].LastError != "" || !s[0].StaleSince.IsZero() || s[1].LastError != "line 3" || s[1].StaleSince != w.start {
			t.Errorf("%+v", s)
		}
		w.failWith(&plan.Error{Err: fault, Labels: []string{"new"}})
		w.after(time.Second)
		s = w.State().Sources
		if s[0].LastError != "line 3" || s[0].StaleSince != w.start.Add(750*ms) || s[1].StaleSince != w.start {
			t.Errorf("%+v", s)
		}
	})
	bubble(t, "may be panics, whose text is not shown", func(t *testing.T) {
		w := begin(t, Config{}, remote("db", restart))
		w.resolve = func() { _ = []string{"S3CRET"}[len(w.sources)] }
		w.Trigger()
		log, _ := w.took()
		if len(log) != 1 || !strings.Contains(log[0], "panic: runtime.") || !strings.Contains(log[0], " in run_test.go:") || strings.Contains(log[0], "S3CRET") {
			t.Errorf("reported %q", log)
		}
	})
}
