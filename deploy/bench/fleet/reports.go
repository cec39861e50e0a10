//go:build linux

package main

import (
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// reports are what the children say of themselves when they start: see
// deploy/bench/report.c.
type reports struct {
	conn *net.UnixConn

	mu     sync.Mutex
	starts map[start]int
	wanted map[*wanted]bool
}

// start is what a child was started as.
type start struct{ id, marker string }

// wanted is a set of starts that somebody waits for.
type wanted struct {
	missing map[start]bool
	last    int64 // when the last of them ran
	done    chan struct{}
}

func listen(path string) (*reports, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	r := &reports{conn: conn, starts: map[start]int{}, wanted: map[*wanted]bool{}}
	go r.collect()
	return r, nil
}

func (r *reports) collect() {
	b := make([]byte, 256)
	for {
		n, err := r.conn.Read(b)
		if err != nil {
			return // closed
		}
		var s start
		var at int64
		if _, err := fmt.Sscan(string(b[:n]), &s.id, &s.marker, &at); err == nil {
			r.add(s, at)
		}
	}
}

func (r *reports) add(s start, at int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starts[s]++
	for w := range r.wanted {
		if !w.missing[s] {
			continue
		}
		delete(w.missing, s)
		if w.last = max(w.last, at); len(w.missing) == 0 {
			delete(r.wanted, w)
			close(w.done)
		}
	}
}

// expect is called before what makes these children start.
func (r *reports) expect(marker string, ids ...string) *wanted {
	w := &wanted{missing: map[start]bool{}, done: make(chan struct{})}
	for _, id := range ids {
		w.missing[start{id, marker}] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted[w] = true
	return w
}

// wait returns when the last of them ran.
func (r *reports) wait(w *wanted, timeout time.Duration) (last int64, err error) {
	select {
	case <-w.done:
		return w.last, nil
	case <-time.After(timeout):
		r.mu.Lock()
		defer r.mu.Unlock()
		return 0, fmt.Errorf("%d children did not start within %s", len(w.missing), timeout)
	}
}

// count is how often such a child was started.
func (r *reports) count(id, marker string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.starts[start{id, marker}]
}

// now is the clock that all processes share.
func now() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}
