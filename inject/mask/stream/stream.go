//go:build unix

package stream

import (
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/squire-env/squire/inject/mask"
)

// Config says between what to stand.
type Config struct {
	Mask                  *mask.Masker
	Stdin, Stdout, Stderr *os.File // ours; nil: closed, and the command's too

	// OnSuspend is called when Ctrl-Z was typed for the command, which the
	// kernel would not stop: it is alone in its session. It should stop the
	// command's group, call Suspend, stop itself (by a signal to its own thread:
	// one to the process may come late), and when continued call Resume and
	// continue the group. It is called by the goroutine that reads
	// the keyboard, for which Ended waits: leave the work to another where that
	// one may be in Ended. Nil: Ctrl-Z does nothing.
	OnSuspend func()

	// Failed is called once for each of our outputs that what the command wrote
	// could not be written to, such as a file on a full disk: that is lost, and
	// what follows is tried again. A reader that is gone is none. Nil: nothing is.
	Failed func(name string, err error)

	// Idle is how long a short beginning of a value is held. 0: 50 ms.
	Idle time.Duration
	// DrainTimeout is how long Ended waits while our output takes nothing. 0: 30 s.
	DrainTimeout time.Duration

	// After is a seam for tests. Nil: time.After.
	After func(time.Duration) <-chan time.Time
}

// closed, among the files of a process to be, is a descriptor that it has not.
const closed = ^uintptr(0)

// Streams are the command's standard streams. One process has them at a time:
// Open, start it, Started; it ended, Ended; and again. Where the start failed,
// Ended follows Open at once. Close may be called at any time, by anyone; the
// other methods are for one goroutine.
type Streams struct {
	cfg      Config
	terminal bool // our standard input and output are one: the command gets its own

	mu       sync.Mutex // guards what Close needs
	outs     []*output
	keys     *keyboard
	children []*os.File    // the command's ends, until it has them
	pty      *os.File      // the other end of its terminal
	size     *os.File      // of which terminal it has the size
	failed   [2]sync.Once  // Stdout, Stderr
	done     chan struct{} // closed by Close
	once     sync.Once
}

// New makes Streams. It touches nothing yet.
func New(cfg Config) *Streams {
	if cfg.Idle <= 0 {
		cfg.Idle = 50 * time.Millisecond
	}
	if cfg.DrainTimeout <= 0 {
		cfg.DrainTimeout = 30 * time.Second
	}
	if cfg.After == nil {
		cfg.After = time.After
	}
	return &Streams{cfg: cfg, terminal: isTerminal(cfg.Stdin) && isTerminal(cfg.Stdout), done: make(chan struct{})}
}

func isTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }

// Open makes the streams of the next process: its descriptors 0, 1 and 2, and
// what its start needs where it gets a terminal of its own, else nil.
func (s *Streams) Open() (files [3]uintptr, sys *syscall.SysProcAttr, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files = [3]uintptr{closed, closed, closed}
	if s.cfg.Stdin != nil {
		files[0] = s.cfg.Stdin.Fd()
	}
	made := map[*os.File]*os.File{} // the command's end of what goes to one of ours
	for i, ours := range []*os.File{s.cfg.Stdout, s.cfg.Stderr} {
		if ours == nil {
			continue
		}
		child := made[ours]
		for other, end := range made {
			if child == nil && (isTerminal(ours) && isTerminal(other) || same(ours, other)) {
				child = end // in one stream, so that their order stays
			}
		}
		if child == nil {
			if child, err = s.connect(ours, i); err != nil {
				s.drop()
				return files, nil, err
			}
			made[ours] = child
		}
		files[1+i] = child.Fd()
	}
	if s.terminal {
		files[0] = files[1]
		sys = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	}
	return files, sys, nil
}

// same says whether two files are one: 2>&1.
func same(a, b *os.File) bool {
	x, errX := a.Stat()
	y, errY := b.Stat()
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// connect makes a terminal or a pipe whose output goes to ours, standard output
// (0) or error (1), and gives the command's end.
func (s *Streams) connect(ours *os.File, which int) (*os.File, error) {
	fail := func(err error) {
		if s.cfg.Failed != nil {
			s.failed[which].Do(func() { s.cfg.Failed([]string{"standard output", "standard error"}[which], err) })
		}
	}
	if !isTerminal(ours) {
		from, child, err := pipe()
		if err != nil {
			return nil, err
		}
		s.children = append(s.children, child)
		s.outs = append(s.outs, newOutput(from, ours, pipeBuffer, s, fail))
		return child, nil
	}
	from, child, err := openTerminal(ours, s.terminal)
	if err != nil {
		return nil, err
	}
	s.children = append(s.children, child)
	s.pty, s.size = from, ours
	s.outs = append(s.outs, newOutput(from, ours, terminalBuffer, s, fail))
	if s.terminal {
		if s.keys, err = newKeyboard(s.cfg.Stdin, from, s.cfg.OnSuspend); err != nil {
			return nil, err
		}
	}
	return child, nil
}

// Started is to be called when the process has its streams.
func (s *Streams) Started() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letGo()
	if s.keys != nil {
		s.keys.start() // first: our terminal is to add nothing to what goes there
	}
	for _, o := range s.outs {
		o.start()
	}
}

// Ended is to be called when the process is gone. What it wrote is written, and
// as long as ours takes it that is waited for. What others that hold its streams
// write is, too, until they have closed them or late is closed; nil: it is not.
// A terminal of the process's own is hung up with its end, so that nobody can
// write there any more. Our terminal is as it was.
func (s *Streams) Ended(late <-chan struct{}) {
	s.mu.Lock()
	keys, outs := s.keys, s.outs
	s.letGo()
	s.mu.Unlock()
	if keys != nil {
		keys.stop()
	}
	for _, o := range outs {
		if o.started && late != nil {
			select {
			case <-o.ended:
			case <-late:
			case <-s.done:
			}
		}
	}
	for _, o := range outs {
		o.finish()
	}
	for _, o := range outs {
		o.wait(s.cfg.DrainTimeout, s.done)
	}
	if keys != nil {
		keys.release()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

// Resize gives the process's terminal the size of ours.
func (s *Streams) Resize() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pty != nil {
		copySize(s.size, s.pty)
	}
}

// Suspend restores our terminal, for the process that has it while we are
// stopped.
func (s *Streams) Suspend() {
	if k := s.keyboard(); k != nil {
		k.release()
	}
}

// Resume takes the terminal again, if we are in its foreground, and its size.
func (s *Streams) Resume() {
	if k := s.keyboard(); k != nil {
		k.take()
	}
	s.Resize()
}

func (s *Streams) keyboard() *keyboard {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys
}

// Close makes our terminal as it was, and lets an Ended return that waits.
func (s *Streams) Close() {
	s.once.Do(func() { close(s.done) })
	if k := s.keyboard(); k != nil {
		k.release()
	}
}

// letGo closes the command's ends.
func (s *Streams) letGo() {
	for _, f := range s.children {
		_ = f.Close()
	}
	s.children = nil
}

// drop forgets all of a process.
func (s *Streams) drop() {
	s.letGo()
	if s.keys != nil {
		s.keys.stop()
	}
	for _, o := range s.outs {
		o.close()
	}
	s.outs, s.keys, s.pty, s.size = nil, nil, nil, nil
}
