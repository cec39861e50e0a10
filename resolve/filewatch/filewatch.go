// Package filewatch reports that one of some files may have changed. Start with
// New. It watches the folders of every link on the way to a file, and those
// above: on a Kubernetes mount a file's own watch dies at the first swap, editors
// rename a new file over the old one, and a deployment repoints a link. On
// systems other than Linux it watches only the folders of the file, and of the
// file that a link of its name leads to, and checks for the rest.
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
	"runtime"
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
	// Poll is the interval at which everything is checked in addition, for changes
	// without an event, and for watches that can be had again. A file that may
	// change without an event is checked every CheckInterval, if that is more
	// often. 0: 5 s. Never: nothing is checked.
	Poll time.Duration

	// After is a seam for tests. Nil: time.After.
	After func(time.Duration) <-chan time.Time
}

const (
	// Never is the Poll that never happens.
	Never time.Duration = -1
	// CheckInterval is how often a Blind file is checked, at least.
	CheckInterval = 2 * time.Second
)

// Blind is a file that may change without an event.
type Blind struct {
	Path   string // as in Config
	Reason string
}

// Watcher reports changes until it is closed.
type Watcher struct {
	cfg     Config
	ways    [][]step // to the files
	watches watches
	mounts  *mounts
	seen    []os.FileInfo // of the files, at the last check; nil: it did not exist

	mu    sync.Mutex
	blind []Blind

	changes chan struct{}
	stop    chan struct{}
	done    chan struct{}
	once    sync.Once
}

// New starts to watch: any change after New has returned is reported. If the
// kernel provides no watches (because all are in use, for example), the watcher
// checks, and Blind says why.
func New(cfg Config) (*Watcher, error) { return open(cfg, fsnotify.NewWatcher) }

func open(cfg Config, kernel func() (*fsnotify.Watcher, error)) (*Watcher, error) {
	if len(cfg.Paths) == 0 {
		return nil, errors.New("no file to watch")
	}
	if cfg.Poll == 0 {
		cfg.Poll = 5 * time.Second
	}
	if cfg.After == nil {
		cfg.After = time.After
	}
	w := &Watcher{cfg: cfg, watches: watches{open: kernel}, ways: make([][]step, len(cfg.Paths)),
		changes: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	for _, path := range cfg.Paths {
		if _, err := absolute(path); err != nil {
			return nil, err
		}
	}
	w.mounts = watchMounts()
	w.watches.start()
	w.follow(w.all())
	w.check()
	go w.run()
	return w, nil
}

// absolute is where a path leads now: the working directory may be moved. It
// leaves ".." in it, which after a link is the folder above the one that the link
// leads to. Windows takes it as it is written.
func absolute(path string) (string, error) {
	switch {
	case runtime.GOOS == "windows":
		return filepath.Abs(path)
	case filepath.IsAbs(path):
		return path, nil
	}
	wd, err := os.Getwd()
	return wd + "/" + path, err
}

// Changes receives a value after each change, of the files or of what Blind
// returns; changes that were not received yet are merged into one. Close closes
// it.
func (w *Watcher) Changes() <-chan struct{} { return w.changes }

// Blind are the files that may change without an event, in the order of Config.
func (w *Watcher) Blind() []Blind {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blind
}

// Close stops the watcher and waits until it has stopped. It may be called again.
func (w *Watcher) Close() error {
	w.once.Do(func() { close(w.stop) })
	<-w.done
	return nil
}
