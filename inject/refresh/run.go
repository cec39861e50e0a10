package refresh

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/squire-env/squire/inject/plan"
)

// Run keeps the Result current until ctx ends. It is called once.
func (r *Refresher) Run(ctx context.Context) {
	l := loop{Refresher: r, failing: newBackoff(), watching: newBackoff()}
	l.restless = backoff{first: 50 * time.Millisecond, most: time.Second}
	defer l.close()
	// Watch, then look once more: what changed since the first Result was resolved
	// and before somebody watched is found.
	l.watchFiles(r.result.Files, r.cfg.Poll)
	l.watchNames(ctx, r.cfg.Watch, r.result)
	l.refresh(ctx, false)
	for ctx.Err() == nil {
		l.step(ctx)
	}
}

// loop is a Run. A timer that is nil does not run.
type loop struct {
	*Refresher
	watches

	quiet, limit <-chan time.Time // a change waits for more of them
	splay        <-chan time.Time // a change waits for its turn
	retry        <-chan time.Time // a failure is retried
	poll         <-chan time.Time
	rewatch      <-chan time.Time // Watch is called again

	failing  backoff // of refreshes
	watching backoff // of Watch
	restless backoff // of a Watch that returns at once although nothing has changed
	outage   outage
}

// step takes the next thing that happens.
func (l *loop) step(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-l.changes():
		l.touched(ctx)
	case <-l.trigger:
		l.touched(ctx)
	case err := <-l.ended:
		l.nameEnded()
		l.watched(ctx, err)
	case <-l.rewatch:
		l.rewatch = nil
		l.watchNames(ctx, l.cfg.Watch, l.result)
	case <-l.quiet:
		l.due(ctx)
	case <-l.limit:
		l.due(ctx)
	case <-l.splay:
		l.splay = nil
		l.refresh(ctx, true)
	case <-l.retry:
		l.retry = nil
		l.look(ctx)
	case <-l.poll:
		if l.poll = nil; l.retry == nil {
			l.look(ctx)
		}
		l.startPoll()
	}
}

// watched is called when Watch has ended. The next refresh that succeeds calls
// Watch again: until then it would return the same.
func (l *loop) watched(ctx context.Context, err error) {
	l.mu.Lock()
	l.state.WatchError = ""
	if err != nil {
		l.state.WatchError = shown(err)
	}
	l.mu.Unlock()
	switch {
	case err == nil:
		l.watching.reset()
		l.touched(ctx)
	case errors.Is(err, errors.ErrUnsupported):
		l.unable = true // Poll has to do, until there are other names
	default:
		l.rewatch = time.After(l.watching.pause(l.cfg.Random))
		if l.retry == nil {
			l.look(ctx) // report what is wrong now, not at the next poll
		}
	}
}

// touched is called when something may have changed.
func (l *loop) touched(ctx context.Context) {
	switch {
	case l.splay != nil: // the refresh that is to come is for this too
	case l.cfg.Debounce <= 0:
		l.due(ctx)
	default:
		if l.limit == nil {
			l.limit = time.After(10 * l.cfg.Debounce)
		}
		l.quiet = time.After(l.cfg.Debounce)
	}
}

// due takes a change, when its turn comes.
func (l *loop) due(ctx context.Context) {
	l.quiet, l.limit = nil, nil
	if l.cfg.Splay > 0 {
		l.splay = time.After(time.Duration(l.cfg.Random() * float64(l.cfg.Splay)))
		return
	}
	l.refresh(ctx, true)
}

// look refreshes without a reported change, unless a refresh is due anyway.
func (l *loop) look(ctx context.Context) {
	if l.quiet == nil && l.splay == nil {
		l.refresh(ctx, false)
	}
}

func (l *loop) startPoll() {
	if l.cfg.Poll > 0 {
		l.poll = time.After(l.cfg.Poll)
	}
}

// refresh resolves, and uses the outcome. A change that was not reported has had
// no splay: it waits for that first.
func (l *loop) refresh(ctx context.Context, reported bool) {
	for range 2 { // what was reported until now is in the outcome
		select {
		case <-l.changes():
		case <-l.trigger:
		default:
		}
	}
	l.tellBlind()
	at := time.Now()
	result, err := l.resolve(ctx)
	l.startPoll()
	switch {
	case ctx.Err() != nil: // the end, and no failure
	case err != nil:
		l.failed(err)
	case !reported && l.cfg.Splay > 0 && l.differs(result):
		l.due(ctx)
	default:
		l.succeeded(ctx, result, at)
	}
}

// tellBlind is called after each change that was reported, which may be that
// other files are watched than before.
func (l *loop) tellBlind() {
	files, every := l.blind(l.cfg.Poll)
	l.mu.Lock()
	same := slices.Equal(files, l.state.Blind)
	l.state.Watching, l.state.Blind, l.state.Looked = true, files, every
	l.mu.Unlock()
	if !same {
		l.cfg.Blind(files, every)
	}
}

func (l *loop) differs(now *plan.Result) bool {
	changed, _ := l.cfg.compare(l.result, now)
	return changed
}

func (l *loop) failed(err error) {
	again := l.failing.pause(l.cfg.Random)
	l.retry = time.After(again)
	now := time.Now()
	l.mu.Lock()
	l.state.fail(err, now)
	l.mu.Unlock()
	if l.outage.report(err, now) {
		l.cfg.Failed(err, again)
	}
}

func (l *loop) succeeded(ctx context.Context, result *plan.Result, at time.Time) {
	l.failing.reset()
	l.retry = nil
	was := l.result
	changed, do := l.cfg.compare(was, result)
	l.result = result
	l.mu.Lock()
	l.state.adopt(was, result, at)
	if changed {
		l.state.Changes++
		l.state.LastChange = time.Now()
	}
	l.mu.Unlock()
	if l.outage.end() {
		l.cfg.Recovered()
	}
	if changed {
		l.cfg.Changed(result, do)
	}
	if l.watchFiles(result.Files, l.cfg.Poll) {
		l.Trigger() // what changed before they were watched
	}
	l.renew(ctx, changed)
}

// renew calls Watch again where it has ended. One that returns at once
// again and again, although nothing changed, is delayed: a change during the
// delay is reported after it.
func (l *loop) renew(ctx context.Context, changed bool) {
	if l.cancel == nil && l.rewatch != nil {
		return // after an error, by its own timer
	}
	if changed || l.cancel != nil || time.Since(l.startedAt) >= time.Second {
		l.restless.reset()
		l.watchNames(ctx, l.cfg.Watch, l.result)
		return
	}
	l.rewatch = time.After(l.restless.pause(l.cfg.Random))
}
