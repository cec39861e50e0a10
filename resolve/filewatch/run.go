package filewatch

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

func (w *Watcher) run() {
	defer close(w.done)
	defer close(w.changes)
	defer func() { w.watches.close() }()
	defer w.mounts.close()
	poll := w.after(w.cfg.Poll)
	var check <-chan time.Time        // running while a file may change without an event
	var quiet, limit <-chan time.Time // running while a change waits to be reported
	var busy busy
	var resting <-chan time.Time
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
		if check == nil && w.cfg.Poll > CheckInterval && (len(w.blind) > 0 || !watchesWays) {
			check = w.cfg.After(CheckInterval)
		}
		events := w.watches.events()
		if resting != nil {
			events = nil
		}
		select {
		case <-w.stop:
			return
		case e := <-events:
			if w.event(e) {
				touched()
			} else if busy.foreign(time.Now()) {
				resting = time.After(rest)
			}
		case busy.rested = <-resting:
			resting = nil
		case <-w.watches.lost:
			w.follow(w.all())
			touched()
		case <-w.mounts.changed:
			if followed, changed := w.follow(w.all()), w.check(); followed || changed {
				touched()
			}
		case <-poll:
			poll = w.after(w.cfg.Poll)
			w.watches.start()
			if followed, changed := w.follow(w.all()), w.check(); followed || changed {
				touched()
			}
		case <-check:
			check = nil
			if w.check() {
				w.follow(w.all())
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

// after never fires for Never.
func (w *Watcher) after(d time.Duration) <-chan time.Time {
	if d < 0 {
		return nil
	}
	return w.cfg.After(d)
}

// all are the ways by their indexes.
func (w *Watcher) all() []int {
	all := make([]int, len(w.ways))
	for i := range all {
		all[i] = i
	}
	return all
}

// event says whether an event is about a name on a way: most are about others in
// a folder.
func (w *Watcher) event(e fsnotify.Event) bool {
	path := e.Name
	if strings.HasPrefix(path, "//") { // in the root
		path = path[1:]
	}
	ways := w.watches.about[path]
	if ways == nil {
		return false
	}
	if e.Has(fsnotify.Remove | fsnotify.Rename) {
		w.watches.forget(path)
	}
	if e.Op != fsnotify.Write {
		w.follow(ways)
	}
	return true
}

// follow finds these ways again, and watches what they need now. It says whether
// something else is watched than before, or less.
func (w *Watcher) follow(ways []int) (changed bool) {
	var faults []error
	for more, passes := true, 0; more && passes < maxPasses; passes++ {
		seen := lookups{}
		for _, i := range ways {
			if path, err := absolute(w.cfg.Paths[i]); err == nil {
				w.ways[i] = seen.way(path)
			}
		}
		more, faults = w.watches.follow(w.ways)
		changed = changed || more
	}
	var blind []Blind
	for i, err := range faults {
		if err != nil && changes(w.ways[i]) {
			blind = append(blind, Blind{w.cfg.Paths[i], err.Error()})
		}
	}
	if slices.Equal(blind, w.blind) {
		return changed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blind = blind
	return true
}

// maxPasses is for a way that changes all the time: the last watch has events
// then.
const maxPasses = 10

// changes says whether a way leads to what may change: not to a pipe or a
// terminal.
func changes(way []step) bool {
	if len(way) == 0 {
		return false // the root
	}
	last := way[len(way)-1]
	return last.info == nil || last.info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) == 0
}

// report records the current state, so that the poll does not report it again.
func (w *Watcher) report() {
	w.check()
	select {
	case w.changes <- struct{}{}:
	default: // one is waiting to be received
	}
}

// check says whether the files have changed since the last check.
func (w *Watcher) check() (changed bool) {
	seen := make([]os.FileInfo, len(w.ways))
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
