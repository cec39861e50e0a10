package refresh

import (
	"context"
	"slices"
	"time"

	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve/filewatch"
)

// watches are what a Run waits for, beside its timers. A nil channel never
// receives.
type watches struct {
	files   *filewatch.Watcher
	paths   []string
	without string // why there is no Watcher of paths

	names     []string // labels of the remote sources that Watch waits for
	unable    bool     // to watch them
	cancel    context.CancelFunc
	ended     chan error // receives once, when a Watch has ended
	startedAt time.Time
}

func (w *watches) changes() <-chan struct{} {
	if w.files == nil {
		return nil
	}
	return w.files.Changes()
}

// watchFiles watches other files than before, and says whether it does: a
// change before that may have gone unseen.
func (w *watches) watchFiles(paths []string, poll time.Duration) (others bool) {
	if slices.Equal(w.paths, paths) {
		return false
	}
	old := w.files
	w.files, w.paths, w.without = nil, paths, ""
	if poll <= 0 {
		poll = filewatch.Never
	}
	if len(paths) > 0 {
		// It fails where there is no working directory any more.
		var err error
		if w.files, err = filewatch.New(filewatch.Config{Paths: paths, Poll: poll}); err != nil {
			w.without = err.Error()
		}
	}
	if old != nil {
		_ = old.Close()
	}
	return true
}

// blind are the files whose changes nothing may report, and how often these are
// looked at; 0: never.
func (w *watches) blind(poll time.Duration) (files []filewatch.Blind, every time.Duration) {
	if w.files != nil {
		return w.files.Blind(), min(poll, filewatch.CheckInterval)
	}
	for _, path := range w.paths {
		files = append(files, filewatch.Blind{Path: path, Reason: w.without})
	}
	return files, poll
}

// watchNames calls watch, unless one for the same names still waits: what that
// knows is older, so it may return once too often.
func (w *watches) watchNames(ctx context.Context, watch func(context.Context, *plan.Result) error, r *plan.Result) {
	var names []string
	for _, source := range r.Sources {
		if source.Remote {
			names = append(names, source.Label)
		}
	}
	if (w.cancel != nil || w.unable) && slices.Equal(w.names, names) {
		return
	}
	w.endNames()
	w.unable = false
	if watch == nil || names == nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	w.names, w.cancel, w.ended, w.startedAt = names, cancel, ended, time.Now()
	go func() {
		var err error
		defer func() { ended <- err }()
		defer recovered(&err)
		err = watch(ctx, r)
	}()
}

// endNames ends a Watch, and waits for that: two at once are more than a
// provider was promised.
func (w *watches) endNames() {
	if w.cancel != nil {
		w.cancel()
		<-w.ended
		w.nameEnded()
	}
}

// nameEnded is called when what ended had was received.
func (w *watches) nameEnded() {
	w.cancel()
	w.cancel, w.ended = nil, nil
}

func (w *watches) close() {
	w.endNames()
	if w.files != nil {
		_ = w.files.Close()
	}
}
