//go:build unix

package stream

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/squire-env/squire/inject/mask"
)

const (
	// What is there is taken together, up to this, so that it is one write to
	// ours. A terminal takes and gives 4 KiB at a time: a larger write there
	// keeps us from reading for so long that the command has to wait.
	pipeBuffer     = 64 << 10
	terminalBuffer = 8 << 10
	// atEnd is the most that is read after the process's end: more than a pipe
	// or a terminal holds comes from somebody else.
	atEnd = 2 << 20
)

// output copies what a command writes, masked, to one of our streams.
type output struct {
	from     *os.File // does not block
	buffer   int      // bytes that are taken at once
	to       int      // not ours to close
	terminal bool     // it is one
	fail     func(error)
	idle     time.Duration
	after    func(time.Duration) <-chan time.Time
	ending   atomic.Bool
	gone     atomic.Bool  // Ended has given up: nothing is written any more
	moved    atomic.Int64 // counts the writes to ours
	started  bool
	ended    chan struct{}

	mu      sync.Mutex // of the mask, and of turn
	mask    *mask.Writer
	turn    int           // counts what was read
	holding chan struct{} // something is held
}

func newOutput(from, to *os.File, buffer int, s *Streams, fail func(error)) *output {
	o := &output{from: from, buffer: buffer, to: int(to.Fd()), terminal: isTerminal(to), fail: fail, idle: s.cfg.Idle, after: s.cfg.After, ended: make(chan struct{}), holding: make(chan struct{}, 1)}
	o.mask = s.cfg.Mask.Writer(writer{o})
	return o
}

func (o *output) start() {
	o.started = true
	go o.copy()
	go o.release()
}

// finish makes what is there now the last that is read.
func (o *output) finish() {
	o.ending.Store(true)
	_ = o.from.SetReadDeadline(time.Unix(1, 0)) // wakes a waiting read
}

// wait waits for the last to be written, while writes succeed within a timeout
// of each other.
func (o *output) wait(timeout time.Duration, stop <-chan struct{}) {
	if !o.started {
		return
	}
	for {
		moved := o.moved.Load()
		select {
		case <-o.ended:
			return
		case <-stop:
			o.gone.Store(true)
			return
		case <-o.after(timeout):
			if moved == o.moved.Load() {
				o.gone.Store(true)
				return
			}
		}
	}
}

func (o *output) close() { _ = o.from.Close() }

func (o *output) copy() {
	defer close(o.ended)
	// Nobody reads ours any more: the command is to hear that too.
	defer o.close()
	buf := make([]byte, o.buffer)
	for left := atEnd; left > 0; {
		n, err := o.read(buf)
		if n > 0 && !o.write(buf[:n]) {
			return
		}
		if o.ending.Load() {
			left -= n
		}
		if err != nil {
			break
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	_ = o.mask.Close()
	o.turn++
}

// read waits until something is there, and takes all that is, up to the size
// of the buffer. At the end it does not wait.
func (o *output) read(buf []byte) (n int, err error) {
	raw, err := o.from.SyscallConn()
	if err != nil {
		return 0, err
	}
	take := func(fd uintptr) bool {
		for n < len(buf) {
			var m int
			switch m, err = unix.Read(int(fd), buf[n:]); {
			case err == unix.EINTR:
				continue
			case m <= 0:
				if err == nil {
					err = errEnd
				}
				return n > 0 || err != unix.EAGAIN
			}
			n += m
		}
		return true
	}
	waited := os.ErrDeadlineExceeded
	if !o.ending.Load() {
		waited = raw.Read(take)
	}
	if errors.Is(waited, os.ErrDeadlineExceeded) {
		waited = raw.Control(func(fd uintptr) { take(fd) })
	}
	switch {
	case n > 0:
		return n, nil // the error comes again
	case waited != nil: // closed
		return 0, waited
	}
	return 0, err
}

var errEnd = errors.New("the other end is closed")

func (o *output) write(p []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.mask.Write(p)
	o.turn++
	if o.mask.Holding() {
		select {
		case o.holding <- struct{}{}:
		default:
		}
	}
	return err == nil
}

// release lets go what was held for a while, although nothing came.
func (o *output) release() {
	for {
		select {
		case <-o.holding:
		case <-o.ended:
			return
		}
		o.mu.Lock()
		turn := o.turn
		o.mu.Unlock()
		select {
		case <-o.after(o.idle):
		case <-o.ended:
			return
		}
		o.mu.Lock()
		if turn == o.turn {
			_ = o.mask.Idle() // the next write says so too
		}
		o.mu.Unlock()
	}
}

// writer writes all to one of our streams, which may not block. It does not
// use os.File for that, as a broken standard output would end us there.
type writer struct{ *output }

func (w writer) Write(p []byte) (n int, err error) {
	fd := w.to
	for n < len(p) {
		if w.gone.Load() {
			return n, os.ErrClosed
		}
		m, err := unix.Write(fd, p[n:])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		case err == unix.EPIPE || err == unix.ECONNRESET || w.terminal && err == unix.EIO: // it was hung up
			return n, err
		case err != nil:
			// A full disk may have room again, and a pipe cannot pass on any error
			// but the end: that would end a command that went on without us.
			w.fail(err)
			return len(p), nil
		default:
			n += m
			w.moved.Add(1)
		}
	}
	return n, nil
}

// pipe makes a pipe: our end does not block, the command's does.
func pipe() (ours, child *os.File, err error) {
	ours, child, err = os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	return ours, child, syscall.SetNonblock(int(child.Fd()), false)
}
