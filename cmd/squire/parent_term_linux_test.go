package main

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TERM may come at any moment of a start. Whatever squire is at, it ends, and
// no command is left behind.
func TestParentEndsByTermAtAnyTime(t *testing.T) {
	const seed, runs = 4, 1000
	random := rand.New(rand.NewPCG(seed, seed))
	var group sync.WaitGroup
	slots := make(chan struct{}, 2*runtime.NumCPU())
	var mu sync.Mutex
	ended := map[int]int{}
	for range runs {
		after := time.Duration(random.Int64N(int64(5 * time.Millisecond)))
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			p := squire("--kill-timeout", "0").start(t, nil, "sleep", "1000")
			<-time.After(after) // this is the input, not a wait for something
			p.signal(syscall.SIGTERM)
			code := p.wait()
			p.silence() // nobody holds descriptor 3 any more
			mu.Lock()
			ended[code]++
			mu.Unlock()
		})
	}
	group.Wait()
	for code := range ended {
		if code != 128+int(syscall.SIGTERM) && code != -int(syscall.SIGTERM) {
			t.Errorf("ended with %d", code)
		}
	}
	t.Logf("143 or, before the command was there, death by TERM: %v", ended)
}

// A PID 1 that has no handler yet does not even hear of TERM. So TERM comes
// again and again here, and must end it as soon as there can be a handler.
func TestParentAsPID1EndsByTermAtAnyTime(t *testing.T) {
	needNamespaces(t)
	random := rand.New(rand.NewPCG(5, 5))
	ended := map[int]int{}
	for range 200 {
		p := squire("--kill-timeout", "0").asInit().start(t, nil, "sleep", "1000")
		<-time.After(time.Duration(random.Int64N(int64(5 * time.Millisecond))))
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for tick := time.NewTicker(5 * time.Millisecond); ; {
				_ = p.cmd.Process.Signal(syscall.SIGTERM)
				select {
				case <-tick.C:
				case <-stop:
					tick.Stop()
					return
				}
			}
		}()
		ended[p.wait()]++
		close(stop)
		<-stopped
		p.silence()
	}
	for code := range ended {
		if code != 128+int(syscall.SIGTERM) && code != 2 { // 2 is Go's, where TERM cannot kill a PID 1
			t.Errorf("ended with %d", code)
		}
	}
	t.Logf("143 or, before the command was there, 2: %v", ended)
}
