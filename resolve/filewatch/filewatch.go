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
	// Paths are files. They and their folders need not be there yet.
	Paths []string
	// Debounce is how long it must be quiet before a change is told; under
	// steady change it is told after ten times as long. 0: at once.
	Debounce time.Duration
	// Poll is how often the files are looked at in any case: for folders that
	// went away, links to elsewhere, file systems and kernels that tell
	// nothing. 0: 5 s. A link to a file of another folder is such a link: what is
	// written there is told by the poll, and only that the link is replaced at
	// once. For a folder that is not there it is looked each 5 s, if that is
	// sooner.
	Poll time.Duration

	// After is a seam for tests. Nil: time.After.
	After func(time.Duration) <-chan time.Time
}

// Watcher tells of changes until it is closed.
type Watcher struct {
	cfg     Config
	names   map[string]bool   // last elements of Paths, in whichever folder: two folders may be one, by links
	folders map[string]folder // by path
	seen    []os.FileInfo     // of Paths, when last looked at; nil: not there

	fs      *fsnotify.Watcher // nil: polling alone
	changes chan struct{}
	stop    chan struct{}
	done    chan struct{}
	once    sync.Once
}

// folder is what is watched under a folder's path; nil: nothing is.
type folder struct{ os.FileInfo }

// blindPoll is how seldom it may be looked where nothing else tells.
const blindPoll = time.Minute

// folderPoll is how often it is looked for folders that are not there.
const folderPoll = 5 * time.Second

// New begins to watch. What is read after New has returned can be trusted
// until Changes tells otherwise. Where the kernel gives no watches (all in
// use, say), polling has to do.
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
	w.look()
	go w.run()
	return w, nil
}

// Changes receives after each change; changes that nobody took meanwhile are
// one. It is closed by Close.
func (w *Watcher) Changes() <-chan struct{} { return w.changes }

// Close ends the watching and waits for its end. It may be called again.
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
	var quiet, limit <-chan time.Time // running while a change waits to be told
	touched := func() {
		if w.cfg.Debounce <= 0 {
			w.tell()
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
		case _, open := <-faults: // events were lost, perhaps ours
			if !open {
				faults = nil
			} else {
				touched()
			}
		case <-poll:
			poll = w.cfg.After(w.cfg.Poll)
			if attached, changed := w.attach(), w.look(); attached || changed {
				touched()
			}
		case <-missing:
			missing = nil
			if w.attach() {
				touched()
			}
		case <-quiet:
			quiet, limit = nil, nil
			w.tell()
		case <-limit:
			quiet, limit = nil, nil
			w.tell()
		}
	}
}

// concerns says whether an event is about a watched file, or about all of a
// folder: Kubernetes swaps its link ..data, and the folder itself may go.
func (w *Watcher) concerns(e fsnotify.Event) bool {
	if _, self := w.folders[e.Name]; self && e.Has(fsnotify.Remove|fsnotify.Rename) {
		w.folders[e.Name] = folder{}
		w.attach() // the next one may be there already
		return true
	}
	name := filepath.Base(e.Name)
	return w.names[name] || name == "..data"
}

// tell notes what is there now, so that the poll does not tell it again.
func (w *Watcher) tell() {
	w.look()
	select {
	case w.changes <- struct{}{}:
	default: // the one that nobody took yet will do
	}
}

// attach watches what now stands at each folder's path, and says whether that
// is another folder than before.
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
			_ = w.fs.Remove(path) // of the folder that is elsewhere now, or gone
		}
		if now != nil && w.fs != nil && w.fs.Add(path) != nil {
			now = nil // gone again, or no watch to be had: the next poll tries
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

// look says whether the files are others than when it last looked.
func (w *Watcher) look() (changed bool) {
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
