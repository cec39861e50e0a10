package squire

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

// stored is the provider of an embedded store, which other processes may write.
// Watch reports only that its file was touched. The next Resolve finds out whether
// the list has changed; if not, it is not a use of the secrets.
type stored struct {
	names
	touches touches
	seen    recent[int] // for each list, the count of touches when its last Watch returned
}

var _ resolve.Watcher = (*stored)(nil)

func newStored(n names, path string, s Settings) *stored {
	poll := s.Poll
	if poll == 0 {
		poll = storePoll
	}
	return &stored{names: n, touches: touches{path: path, poll: poll, warn: s.Warn}, seen: recent[int]{max: maxMarks}}
}

// Resolve forgets the count if the store could not be read: the next Resolve may
// succeed at any time.
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

// Watch returns immediately the first time, since the file was not watched before.
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

// touches counts how often a file may have been touched, from the first call of
// now until Close.
type touches struct {
	path string
	poll time.Duration
	warn func(string) // nil: nobody is told

	mu     sync.Mutex
	files  *filewatch.Watcher // nil: now was not called yet
	blind  []filewatch.Blind  // of files
	closed bool
	count  int
	next   chan struct{} // closed at the next touch, and by Close
	ended  chan struct{} // closed when counting has ended
}

// storePoll is the interval for what has no event.
const storePoll = time.Minute

func (t *touches) now() (count int, next <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, nil, fmt.Errorf("watch %s: %w", t.path, fs.ErrClosed)
	}
	if t.files == nil {
		if t.files, err = filewatch.New(filewatch.Config{Paths: []string{t.path}, Poll: t.poll}); err != nil {
			return 0, nil, fmt.Errorf("watch %s: %w", t.path, err)
		}
		t.tell()
		t.next, t.ended = make(chan struct{}), make(chan struct{})
		go t.run(t.files.Changes())
	}
	return t.count, t.next, nil
}

// tell warns that the store may change without an event, if that is new.
func (t *touches) tell() {
	was := t.blind
	if t.blind = t.files.Blind(); t.blind == nil || t.warn == nil || slices.Equal(was, t.blind) {
		return
	}
	how := "not noticed"
	if t.poll > 0 {
		how = fmt.Sprintf("checked for every %s", min(t.poll, filewatch.CheckInterval))
	}
	t.warn(fmt.Sprintf("changes of the store %s are %s: %s", t.path, how, t.blind[0].Reason))
}

func (t *touches) run(changes <-chan struct{}) {
	defer close(t.ended)
	for range changes {
		t.mu.Lock()
		t.tell()
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
