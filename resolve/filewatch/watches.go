package filewatch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// watches are what the kernel watches on the ways to the files.
type watches struct {
	open   func() (*fsnotify.Watcher, error)
	kernel *fsnotify.Watcher // nil: it provides nothing,
	why    error             // for this reason
	at     map[string]target
	about  map[string][]int // which ways an event of this path is about
	lost   chan struct{}    // events were, perhaps of our files
	ended  chan struct{}    // nothing is sent to lost any more
}

// target is what was at a path when the kernel began to watch it.
type target struct {
	identity
	unreliable string // the file system, if changes there may have no event
}

// start asks the kernel, again if it has provided nothing so far.
func (w *watches) start() {
	if w.kernel != nil {
		return
	}
	kernel, err := w.open()
	if err != nil {
		w.why = explain("", err)
		return
	}
	w.kernel, w.at = kernel, map[string]target{}
	w.lost, w.ended = make(chan struct{}, 1), make(chan struct{})
	// fsnotify waits for us to take an error while it holds the lock that Remove
	// waits for.
	go func() {
		defer close(w.ended)
		for range kernel.Errors {
			select {
			case w.lost <- struct{}{}:
			default:
			}
		}
	}()
}

func (w *watches) close() {
	if w.kernel != nil {
		_ = w.kernel.Close()
		<-w.ended
	}
}

// events never receives if the kernel provides nothing.
func (w *watches) events() <-chan fsnotify.Event {
	if w.kernel == nil {
		return nil
	}
	return w.kernel.Events
}

// forget is called when the kernel may have ended a watch.
func (w *watches) forget(path string) {
	if _, ok := w.at[path]; ok {
		_ = w.kernel.Remove(path)
		delete(w.at, path)
	}
}

// follow watches what these ways need, and nothing else. It says whether
// something was not watched before: it may have changed before it was. A way has
// a fault if it may change without an event.
func (w *watches) follow(ways [][]step) (changed bool, faults []error) {
	faults = make([]error, len(ways))
	if w.kernel == nil {
		for i := range ways {
			faults[i] = w.why
		}
		return false, faults
	}
	p := w.pass()
	for _, n := range needsOf(ways) {
		err := p.watch(n.path, n.info)
		if watchesWays && errors.Is(err, fs.ErrPermission) {
			// The folder above tells when it is moved, or may be read.
			above := filepath.Dir(n.path)
			info, _ := os.Lstat(above)
			if fault := p.watch(above, info); n.itself {
				err = fault
			}
		}
		if err == nil {
			err = p.doubt(n)
		}
		for _, way := range n.ways {
			if faults[way] == nil && err != nil {
				faults[way] = explain(n.path, err)
			}
		}
	}
	p.end(ways)
	return p.changed, faults
}

// pass is one call of follow.
type pass struct {
	*watches
	paths   map[identity]string // where it is watched: two paths may lead to one folder, by a mount
	used    map[string]bool
	failed  map[string]error
	changed bool
}

func (w *watches) pass() *pass {
	p := &pass{w, map[identity]string{}, map[string]bool{}, map[string]error{}, false}
	alive := map[string]bool{} // the kernel ends a watch without an event, too
	for _, path := range w.kernel.WatchList() {
		alive[path] = true
	}
	for path, one := range w.at {
		if alive[path] {
			p.paths[one.identity] = path
		} else {
			delete(w.at, path)
		}
	}
	return p
}

func (p *pass) watch(path string, info os.FileInfo) error {
	if info == nil {
		return nil
	}
	id := identify(path, info)
	if at, ok := p.paths[id]; ok {
		p.used[at] = true
		return nil
	}
	if err := p.failed[path]; err != nil {
		return err
	}
	if old, ok := p.at[path]; ok { // of what was there before
		delete(p.paths, old.identity)
		p.forget(path)
	}
	err := p.kernel.Add(path)
	switch {
	case err == nil:
		p.at[path] = target{id, unreliable(path)}
		p.paths[id], p.used[path], p.changed = path, true, true
	case errors.Is(err, fs.ErrNotExist): // it was removed just now
		p.changed, err = true, nil
	}
	p.failed[path] = err
	return err
}

// doubt is why changes of what is watched may have no event.
func (p *pass) doubt(n *need) error {
	if n.info == nil {
		return nil
	}
	name := p.at[p.where(n.path, n.info)].unreliable
	if name == "" || name == procfs && n.info.IsDir() { // a link of a process to its own file, say
		return nil
	}
	return fmt.Errorf("%s does not report all changes", name)
}

// where is the path by which the events of a file or folder come.
func (p *pass) where(path string, info os.FileInfo) string {
	if info != nil {
		if at, ok := p.paths[identify(path, info)]; ok {
			return at
		}
	}
	return path
}

// end ends the watches that no way needs any more, and notes which events the
// others are for.
func (p *pass) end(ways [][]step) {
	for path := range p.at {
		if !p.used[path] {
			p.forget(path)
		}
	}
	p.about = map[string][]int{}
	note := func(path string, way int) {
		if ways := p.about[path]; len(ways) == 0 || ways[len(ways)-1] != way {
			p.about[path] = append(ways, way)
		}
	}
	for i, steps := range ways {
		for _, s := range steps {
			note(s.path, i)
			if at := p.where(s.path, s.info); at != s.path {
				note(at, i)
			}
			if at := p.where(s.folder, s.in); at != s.folder {
				note(filepath.Join(at, filepath.Base(s.path)), i)
			}
		}
	}
}
