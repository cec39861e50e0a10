package store

import (
	"sync"
	"time"
)

// queue holds the calls that wait for the writer.
type queue struct {
	*sync.Mutex
	calls []*call
	need  int // the number of calls that wakes the writer
	wake  chan struct{}
}

func newQueue() queue { return queue{Mutex: new(sync.Mutex), need: 1, wake: make(chan struct{}, 1)} }

func (q *queue) add(c *call) {
	q.Lock()
	defer q.Unlock()
	q.calls = append(q.calls, c)
	if len(q.calls) >= q.need {
		q.signal()
	}
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (q *queue) len() int {
	q.Lock()
	defer q.Unlock()
	return len(q.calls)
}

// take waits for at least one call and takes all. It waits up to timeout for the
// expected number, because a commit of sixteen calls costs about as much as one;
// a single caller does not wait. If no call comes within timeout, the next one
// waits a little for others. Nil: closing.
func (q *queue) take(expect int, timeout time.Duration, closing <-chan struct{}) []*call {
	timeout = min(timeout, time.Millisecond)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for late := false; ; {
		q.Lock()
		n := len(q.calls)
		if n >= expect || late && n > 0 {
			calls := q.calls
			q.calls = nil
			q.Unlock()
			return calls
		}
		q.need = expect
		if late {
			q.need = 1
		}
		q.Unlock()
		select {
		case <-q.wake:
			if late && expect > 1 {
				late = false
				timer.Reset(timeout / 2)
			}
		case <-timer.C:
			late = true
		case <-closing:
			return nil
		}
	}
}
