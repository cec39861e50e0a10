package resolve

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestDeadlineHoldsWithAndWithoutAWait(t *testing.T) {
	cause := errors.New("our cause")
	d, cancel := withDeadline(t.Context(), time.Hour, cause)
	if d.Err() != nil || d.timed != nil {
		t.Errorf("no timer before a wait: %v", d.Err())
	}
	child, stop := context.WithCancel(d) // waits
	defer stop()
	if d.timed == nil {
		t.Error("waiting creates the timer")
	}
	cancel()
	<-child.Done()
	if !errors.Is(d.Err(), context.Canceled) {
		t.Errorf("canceled: %v", d.Err())
	}

	d, cancel = withDeadline(t.Context(), -time.Second, cause)
	defer cancel()
	if !errors.Is(d.Err(), context.DeadlineExceeded) || context.Cause(d) != cause {
		t.Errorf("past, nobody waited: %v, %v", d.Err(), context.Cause(d))
	}
	d, cancel = withDeadline(t.Context(), time.Millisecond, cause)
	defer cancel()
	<-d.Done()
	if !errors.Is(d.Err(), context.DeadlineExceeded) || context.Cause(d) != cause {
		t.Errorf("past, waited for: %v, %v", d.Err(), context.Cause(d))
	}

	parent, end := context.WithCancel(t.Context())
	d, cancel = withDeadline(parent, time.Hour, cause)
	defer cancel()
	end()
	if !errors.Is(d.Err(), context.Canceled) {
		t.Errorf("the parent's end is ours: %v", d.Err())
	}
}
