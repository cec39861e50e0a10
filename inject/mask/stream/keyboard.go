//go:build unix

package stream

import (
	"bytes"
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// keyboard copies what is typed at our terminal to the command's. Ours is raw
// meanwhile: it is the command's that makes a signal of Ctrl-C.
type keyboard struct {
	ours    int // not ours to close
	pty     int
	wake    [2]*os.File // a pipe: what is below has changed
	suspend func()
	started bool
	ended   chan struct{}

	mu       sync.Mutex
	before   *term.State // of our terminal; nil: it is not taken
	released bool        // and is not to be, until take says so
	stopping bool
}

func newKeyboard(ours, pty *os.File, suspend func()) (*keyboard, error) {
	k := &keyboard{ours: int(ours.Fd()), suspend: suspend, ended: make(chan struct{})}
	var err error
	// One of its own: the output's may be closed before.
	if k.pty, err = duplicate(pty); err != nil {
		return nil, err
	}
	if k.wake[0], k.wake[1], err = os.Pipe(); err != nil {
		_ = unix.Close(k.pty)
		return nil, err
	}
	return k, nil
}

func (k *keyboard) start() {
	k.started = true
	k.take()
	go k.copy()
}

// stop ends the copying. What was typed and not read is for the next.
func (k *keyboard) stop() {
	k.mu.Lock()
	again := k.stopping
	k.stopping = true
	k.mu.Unlock()
	if again {
		return
	}
	if k.started {
		k.nudge()
		<-k.ended
	} else {
		_ = unix.Close(k.pty)
	}
	_ = k.wake[0].Close()
	_ = k.wake[1].Close()
}

func (k *keyboard) nudge() { _, _ = k.wake[1].Write([]byte{0}) }

// take makes our terminal raw, and its keys the command's, if it is ours to
// take: in the background it is not.
func (k *keyboard) take() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.released = false
	k.tryTake()
}

// tryTake is take's end; the caller holds mu.
func (k *keyboard) tryTake() {
	if k.before != nil || k.stopping || k.released || !foreground(k.ours) {
		return
	}
	k.before, _ = term.MakeRaw(k.ours)
	k.nudge()
}

// release makes our terminal as it was.
func (k *keyboard) release() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.before != nil && foreground(k.ours) { // from the background it would stop us, and is somebody else's
		_ = term.Restore(k.ours, k.before)
	}
	k.before, k.released = nil, true
	if !k.stopping {
		k.nudge()
	}
}

// foregroundPoll is how often a command in the background looks, in ms, whether
// a shell has put it in the foreground: a running job is not notified of that.
const foregroundPoll = 250

// state says what to wait for.
func (k *keyboard) state() (taken, stopping bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.before != nil, k.stopping
}

func (k *keyboard) copy() {
	defer close(k.ended)
	defer unix.Close(k.pty)
	var (
		wake  = int32(k.wake[0].Fd())
		buf   [4096]byte
		typed []byte
	)
	for {
		taken, stopping := k.state()
		if stopping {
			return
		}
		fds := []unix.PollFd{{Fd: wake, Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLOUT}}
		switch {
		case len(typed) > 0:
			fds[2].Fd = int32(k.pty)
		case taken:
			fds[1].Fd = int32(k.ours)
		}
		timeout := -1
		if !taken {
			timeout = foregroundPoll
		}
		n, err := unix.Poll(fds, timeout)
		if err == unix.EINTR {
			continue
		} else if err != nil {
			return
		}
		if n == 0 {
			k.mu.Lock()
			k.tryTake()
			k.mu.Unlock()
			continue
		}
		switch {
		case fds[0].Revents != 0:
			var nudges [64]byte
			_, _ = unix.Read(int(wake), nudges[:])
		case fds[1].Revents != 0:
			n, err := unix.Read(k.ours, buf[:])
			if err == unix.EINTR || err == unix.EAGAIN {
				continue
			}
			if n <= 0 { // the terminal is gone, and HUP tells the rest
				return
			}
			typed = buf[:n]
		case fds[2].Revents != 0:
			var err error
			if typed, err = k.pass(typed); err != nil {
				return
			}
		}
	}
}

// pass gives what was typed to the command, up to a Ctrl-Z that we have to
// act on, and returns what is left.
func (k *keyboard) pass(typed []byte) ([]byte, error) {
	upTo := len(typed)
	if key, ok := k.stopper(); ok && typed[0] == key {
		if k.suspend != nil {
			k.suspend()
		}
		return typed[1:], nil
	} else if at := bytes.IndexByte(typed, key); ok && at > 0 {
		upTo = at
	}
	n, err := unix.Write(k.pty, typed[:upTo])
	if err == unix.EINTR || err == unix.EAGAIN {
		err = nil
	}
	return typed[max(n, 0):], err
}
