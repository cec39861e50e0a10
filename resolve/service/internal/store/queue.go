package store

import (
	"sync"
	"time"
)

// queue is where the calls of a held store wait for the writer.
type queue struct {
	*sync.Mutex
	calls []*call
	need  int // the writer is to be woken at this many
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
	default: // it is being woken
	}
}

func (q *queue) len() int {
	q.Lock()
	defer q.Unlock()
	return len(q.calls)
}

// take waits for one call or more and takes them all. It waits a little for as
// many as are expected, because a commit costs nearly the same for one and for
// sixteen; a lone caller waits for nobody. Where nobody has come in that time,
// the first to come waits a little for the others. Nil: closing.
func (q *queue) take(expect int, patience time.Duration, closing <-chan struct{}) []*call {
	patience = min(patience, time.Millisecond)
	timer := time.NewTimer(patience)
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
				timer.Reset(patience / 2)
			}
		case <-timer.C:
			late = true
		case <-closing:
			return nil
		}
	}
}
