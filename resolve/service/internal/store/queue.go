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
// sixteen; a lone caller waits for nobody. Nil: closing.
func (q *queue) take(expect int, patience time.Duration, closing <-chan struct{}) []*call {
	timer := time.NewTimer(min(patience, time.Millisecond))
	defer timer.Stop()
	late := timer.C
	for {
		q.Lock()
		if len(q.calls) >= expect {
			calls := q.calls
			q.calls = nil
			q.Unlock()
			return calls
		}
		q.need = expect
		q.Unlock()
		select {
		case <-q.wake:
		case <-late:
			late, expect = nil, 1 // whoever is there; else the first to come
		case <-closing:
			return nil
		}
	}
}
