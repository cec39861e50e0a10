// Package filewatch reports that one of some files may have changed. Start with
// New. It watches their folders, never the files: on a Kubernetes mount a file's
// own watch dies at the first swap, and editors rename a new file over the old
// one.
//
// It promises to report the state after the last change, not each change, nor
// that the content is different: read the file, and compare. A Kubernetes
// subPath mount never changes.
//
// It makes no promise of compatibility.
package filewatch

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Config says what to watch.
type Config struct {
	// Paths are files. They and their folders need not exist yet.
	Paths []string
	// Debounce is how long to wait, after the last event, before a change is
	// reported; if events keep coming, it is reported after ten times as long. 0:
	// immediately.
	Debounce time.Duration
	// Poll is the interval at which the files are checked in addition, for changes
	// without an event: file systems that have none, folders that were deleted, and
	// writes to a file in another folder that a link leads to (that the link itself
	// is replaced is an event). 0: 5 s. Folders that do not exist are checked every
	// 5 s, if that is more often.
	Poll time.Duration

	// After is a seam for tests. Nil: time.After.
	After func(time.Duration) <-chan time.Time
}

// Watcher reports changes until it is closed.
type Watcher struct {
	cfg     Config
	names   map[string]bool   // last elements of Paths, of all folders together: by links, two paths may be one folder
	folders map[string]folder // by path
	seen    []os.FileInfo     // of Paths, at the last check; nil: it did not exist

	fs      *fsnotify.Watcher // nil: polling only
	changes chan struct{}
	stop    chan struct{}
	done    chan struct{}
	once    sync.Once
}

// folder is the folder that is watched at a path; nil: none.
type folder struct{ os.FileInfo }

// blindPoll is the longest polling interval if there are no events.
const blindPoll = time.Minute

// folderPoll is the interval at which missing folders are checked.
const folderPoll = 5 * time.Second

// New starts to watch: any change after New has returned is reported. If the
// kernel provides no watches (because all are in use, for example), the watcher
// polls.
func New(cfg Config) (*Watcher, error) {
	if len(cfg.Paths) == 0 {
		return nil, errors.New("no file to watch")
	}
	if cfg.Poll <= 0 {
		cfg.Poll = 5 * time.Second
	}
	if cfg.After == nil {
		cfg.After = time.After
	}
	w := &Watcher{cfg: cfg, names: map[string]bool{}, folders: map[string]folder{},
		changes: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	w.cfg.Paths = make([]string, len(cfg.Paths))
	for i, p := range cfg.Paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		w.cfg.Paths[i] = abs
		w.names[filepath.Base(abs)] = true
		w.folders[filepath.Dir(abs)] = folder{}
	}
	if fs, err := fsnotify.NewWatcher(); err == nil {
		w.fs = fs
	} else {
		w.cfg.Poll = min(w.cfg.Poll, blindPoll)
	}
	w.attach()
	w.check()
	go w.run()
	return w, nil
}

// Changes receives a value after each change; changes that were not received yet
// are merged into one. Close closes it.
func (w *Watcher) Changes() <-chan struct{} { return w.changes }

// Close stops the watcher and waits until it has stopped. It may be called again.
func (w *Watcher) Close() error {
	w.once.Do(func() { close(w.stop) })
	<-w.done
	return nil
}

func (w *Watcher) run() {
	defer close(w.done)
	defer close(w.changes)
	var events chan fsnotify.Event
	var faults chan error
	if w.fs != nil {
		defer w.fs.Close()
		events, faults = w.fs.Events, w.fs.Errors
	}
	poll := w.cfg.After(w.cfg.Poll)
	var missing <-chan time.Time // running while a folder is not watched
	awaitFolders := func() {
		if missing == nil && w.cfg.Poll > folderPoll && w.unattached() {
			missing = w.cfg.After(folderPoll)
		}
	}
	var quiet, limit <-chan time.Time // running while a change waits to be reported
	touched := func() {
		if w.cfg.Debounce <= 0 {
			w.report()
			return
		}
		if limit == nil {
			limit = w.cfg.After(10 * w.cfg.Debounce)
		}
		quiet = w.cfg.After(w.cfg.Debounce)
	}
	for {
		awaitFolders()
		select {
		case <-w.stop:
			return
		case e, open := <-events:
			if !open {
				events = nil
			} else if w.concerns(e) {
				touched()
			}
		case _, open := <-faults: // events were lost, perhaps of our files
			if !open {
				faults = nil
			} else {
				touched()
			}
		case <-poll:
			poll = w.cfg.After(w.cfg.Poll)
			if attached, changed := w.attach(), w.check(); attached || changed {
				touched()
			}
		case <-missing:
			missing = nil
			if w.attach() {
				touched()
			}
		case <-quiet:
			quiet, limit = nil, nil
			w.report()
		case <-limit:
			quiet, limit = nil, nil
			w.report()
		}
	}
}

// concerns says whether an event is about a watched file or a whole folder:
// Kubernetes swaps its link ..data, and the folder itself may be deleted.
func (w *Watcher) concerns(e fsnotify.Event) bool {
	if _, self := w.folders[e.Name]; self && e.Has(fsnotify.Remove|fsnotify.Rename) {
		w.folders[e.Name] = folder{}
		w.attach() // its successor may already exist
		return true
	}
	name := filepath.Base(e.Name)
	return w.names[name] || name == "..data"
}

// report records the current state, so that the poll does not report it again.
func (w *Watcher) report() {
	w.check()
	select {
	case w.changes <- struct{}{}:
	default: // one is waiting to be received
	}
}

// attach watches the folder that is now at each path, and says whether one was
// replaced, created or deleted.
func (w *Watcher) attach() (changed bool) {
	for path, was := range w.folders {
		now, err := os.Stat(path)
		switch {
		case err != nil || !now.IsDir():
			now = nil
		case was.FileInfo != nil && os.SameFile(was.FileInfo, now):
			continue
		}
		if was.FileInfo != nil && w.fs != nil {
			_ = w.fs.Remove(path) // the watch of the old folder
		}
		if now != nil && w.fs != nil && w.fs.Add(path) != nil {
			now = nil // deleted again, or no watch available: the next poll retries
		}
		w.folders[path] = folder{now}
		changed = changed || (now != nil) != (was.FileInfo != nil) || now != nil
	}
	return changed
}

// unattached says whether a folder is not watched.
func (w *Watcher) unattached() bool {
	for _, f := range w.folders {
		if f.FileInfo == nil {
			return true
		}
	}
	return false
}

// check says whether the files have changed since the last check.
func (w *Watcher) check() (changed bool) {
	seen := make([]os.FileInfo, len(w.cfg.Paths))
	for i, p := range w.cfg.Paths {
		if now, err := os.Stat(p); err == nil {
			seen[i] = now
		}
		changed = changed || w.seen != nil && !same(w.seen[i], seen[i])
	}
	w.seen = seen
	return changed
}

func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.Mode() == b.Mode() && a.ModTime().Equal(b.ModTime())
}
