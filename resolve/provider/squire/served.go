package squire

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// served is the provider of a server, which reports changes by long polls.
//
// A mark is the etag of the last state of a list that the caller knows, from an
// answer or from a Watch, after which it resolves again. Every change after the
// mark ends the next wait.
type served struct {
	names
	marks recent[string]
	after func(time.Duration) <-chan time.Time // a seam for tests
}

var _ resolve.Watcher = (*served)(nil)

const (
	// maxWatched is how many names a server accepts in one long poll. Longer lists
	// are watched in parts.
	maxWatched = 100
	// pollWait is the duration of one long poll; a server allows 50 s.
	pollWait = 45 * time.Second
	// soon is the interval of polls if the server, or a proxy in front of it, does
	// not wait.
	soon = time.Second
	// maxMarks limits the number of lists, and parts of lists, with a mark. A server
	// accepts 1000 names in one resolve.
	maxMarks = 64
	// noMark differs from every etag.
	noMark = "-"
)

func newServed(n names) *served {
	return &served{names: n, marks: recent[string]{max: maxMarks}, after: time.After}
}

// Resolve also sets the mark. After a failure that says nothing about the secrets
// there is none: the next Resolve may succeed at any time.
func (s *served) Resolve(ctx context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	wire, err := s.wireRefs(refs)
	if err != nil {
		return nil, err
	}
	resolved, etag, err := s.resolve(ctx, wire)
	switch {
	case err == nil && len(refs) <= maxWatched:
		s.marks.put(listOf(wire), etag)
	case err != nil && !lasting(err):
		for part := range slices.Chunk(wire, maxWatched) {
			s.marks.drop(listOf(part))
		}
	}
	return resolved, err
}

// Watch waits for the first part of the list that changes. If parts have no mark,
// as after a failure or in a list of several parts, it only gets one for each of
// them.
func (s *served) Watch(ctx context.Context, refs []resolve.Ref) error {
	wire, err := s.wireRefs(refs)
	if err != nil {
		return err
	}
	switch {
	case len(wire) == 0:
		return errors.ErrUnsupported
	case len(wire) <= maxWatched: // the usual case
		return s.watchPart(ctx, wire)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := slices.Collect(slices.Chunk(wire, maxWatched))
	marked := 0
	for i, part := range parts {
		if _, ok := s.marks.get(listOf(part)); ok { // move it to the front
			parts[i], parts[marked] = parts[marked], part
			marked++
		}
	}
	waits := marked == len(parts)
	if !waits {
		parts = parts[marked:]
	}
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() { ended <- s.watchPart(ctx, part) }()
	}
	changed, failed := false, error(nil)
	for range parts {
		err := <-ended
		if changed = changed || err == nil; failed == nil {
			failed = err
		}
		if waits || err != nil {
			cancel()
		}
	}
	if changed && (waits || failed == nil) {
		return nil
	}
	return failed
}

func (s *served) watchPart(ctx context.Context, part []api.SecretRef) error {
	list := listOf(part)
	for {
		mark, ok := s.marks.get(list)
		if !ok {
			mark = noMark
		}
		begun := time.Now()
		answer, err := s.service.Watch(ctx, api.WatchRequest{Secrets: part, Etag: mark, Wait: pollWait})
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if answer.Changed {
			s.marks.put(list, answer.Etag)
			return nil
		}
		if time.Since(begun) < soon {
			select {
			case <-s.after(soon):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
}

// lasting reports whether a failure is due to the secrets themselves, and so
// remains until they change.
func lasting(err error) bool {
	return !slices.ContainsFunc(resolve.Faults(err), func(fault error) bool {
		return !slices.ContainsFunc([]error{
			resolve.ErrNotFound, resolve.ErrMissingKeys, resolve.ErrDenied, resolve.ErrInvalid, resolve.ErrCorrupt, resolve.ErrNoKey,
		}, func(target error) bool { return errors.Is(fault, target) })
	})
}
