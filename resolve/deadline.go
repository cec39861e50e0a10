package resolve

import (
	"context"
	"sync"
	"time"
)

// deadline is a context with a deadline, whose timer is created when a caller
// waits for it. In a new process a timer costs a thread, and most lists are
// resolved without waiting.
type deadline struct {
	context.Context // the parent
	at              time.Time
	cause           error

	mu     sync.Mutex
	timed  context.Context // nil: no caller has waited
	cancel context.CancelFunc
}

func withDeadline(parent context.Context, timeout time.Duration, cause error) (*deadline, context.CancelFunc) {
	d := &deadline{Context: parent, at: time.Now().Add(timeout), cause: cause}
	return d, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.cancel != nil {
			d.cancel()
		}
	}
}

func (d *deadline) current() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil && time.Now().Before(d.at) {
		return d.Context
	}
	return d.waited()
}

// waited creates the timer; the caller holds mu.
func (d *deadline) waited() context.Context {
	if d.timed == nil {
		d.timed, d.cancel = context.WithDeadlineCause(d.Context, d.at, d.cause)
	}
	return d.timed
}

// Deadline is the parent's or this one, whichever is earlier.
func (d *deadline) Deadline() (time.Time, bool) {
	if at, ok := d.Context.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

func (d *deadline) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waited().Done()
}

func (d *deadline) Err() error { return d.current().Err() }

// Value lets context.Cause find the cause.
func (d *deadline) Value(key any) any { return d.current().Value(key) }

// timeoutError says that the timeout for all secrets together has expired. It is
// an ErrUnavailable, and its text is formatted only if it is printed.
type timeoutError time.Duration

func (e timeoutError) Error() string {
	return ErrUnavailable.Error() + ": gave up after " + time.Duration(e).String()
}

func (timeoutError) Unwrap() error { return ErrUnavailable }
