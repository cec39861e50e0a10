package squire

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

// stored are the names of an embedded store, which other processes write. All
// that is reported is that its file was touched: the next Resolve finds out what
// that means, and uses nothing if nothing of the list has changed.
type stored struct {
	names
	touches touches
	seen    recent[int] // of each list: the touches when its last Watch returned
}

var _ resolve.Watcher = (*stored)(nil)

func newStored(n names, path string) *stored {
	return &stored{names: n, touches: touches{path: path}, seen: recent[int]{max: maxMarks}}
}

// Resolve forgets what was seen where the store could not be asked: the next
// answer may come at any time.
func (s *stored) Resolve(ctx context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	wire, err := s.wireRefs(refs)
	if err != nil {
		return nil, err
	}
	resolved, _, err := s.resolve(ctx, wire)
	if err != nil && !lasting(err) {
		s.seen.drop(listOf(wire))
	}
	return resolved, err
}

// Watch returns at once the first time: nobody was looking before.
func (s *stored) Watch(ctx context.Context, refs []resolve.Ref) error {
	wire, err := s.wireRefs(refs)
	if err != nil {
		return err
	}
	list := listOf(wire)
	known, seen := s.seen.get(list)
	for {
		count, next, err := s.touches.now()
		if err != nil {
			return err
		}
		if !seen || count != known {
			s.seen.put(list, count)
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *stored) Close() error { return s.touches.Close() }

// touches counts how often a file may have been touched, from the first time
// that somebody asks until Close.
type touches struct {
	path string

	mu     sync.Mutex
	files  *filewatch.Watcher // nil: nobody has asked
	closed bool
	count  int
	next   chan struct{} // closed with the next touch, and by Close
	ended  chan struct{} // closed when nothing counts any more
}

// storePoll is for file systems that tell nothing, and links to elsewhere.
const storePoll = time.Minute

func (t *touches) now() (count int, next <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, nil, fmt.Errorf("watch %s: %w", t.path, fs.ErrClosed)
	}
	if t.files == nil {
		if t.files, err = filewatch.New(filewatch.Config{Paths: []string{t.path}, Poll: storePoll}); err != nil {
			return 0, nil, fmt.Errorf("watch %s: %w", t.path, err)
		}
		t.next, t.ended = make(chan struct{}), make(chan struct{})
		go t.run(t.files.Changes())
	}
	return t.count, t.next, nil
}

func (t *touches) run(changes <-chan struct{}) {
	defer close(t.ended)
	for range changes {
		t.mu.Lock()
		t.count++
		close(t.next)
		t.next = make(chan struct{})
		t.mu.Unlock()
	}
}

// Close ends every wait. It may be called again.
func (t *touches) Close() error {
	t.mu.Lock()
	files, first := t.files, !t.closed
	t.closed = true
	t.mu.Unlock()
	if files == nil || !first {
		return nil
	}
	err := files.Close()
	<-t.ended
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.next)
	return err
}
