//go:build unix

package supervise

import (
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/squire-env/squire/inject/change"
)

// Parent is the parent of one command. Its loop runs in one thread; the other
// methods may be called from any goroutine.
type Parent struct {
	cfg      Config
	waiter   waiter
	terminal *terminal // nil: we have none
	failures failures

	mu    sync.Mutex
	asked []func() // for the loop to do
	state State

	// What follows is the loop's own.

	command     Command
	pid         int           // the command; 0: none runs
	left        left          // what it leaves when it ends
	ownGroup    int           // our process group
	stopped     bool          // it is stopped, as by Ctrl-Z
	began       time.Time     // when it was started
	ownTerminal bool          // it has one of its own, by the streams
	draining    bool          // it is gone, and what it wrote is on its way
	late        chan struct{} // not nil: others hold its streams, and may write until this is closed
	lateUntil   time.Time     // when it is; zero: never
	again       bool          // it is to start again when it has ended, since its environment changed
	ending      bool          // nothing starts any more
	doubtUntil  time.Time     // ending ends then if the command still runs; zero: never
	later       change.Action // what a change is to do after that
	startAt     time.Time     // when the next one may start; zero: when somebody says so
	killAt      time.Time     // when all that is left is killed; zero: never
	killed      time.Time     // when it was; zero: it was not
	hook        hook
	denied      denied
	finishing   bool // nothing starts any more, and what is left holds up the end
	endAsked    bool // somebody has asked for that end
	warnedProc  bool
	over        bool
	code        int
	err         error
}

// New makes a Parent; nothing is started before Run.
func New(cfg Config) *Parent {
	cfg = cfg.withDefaults()
	return &Parent{
		cfg: cfg, command: cfg.Command,
		failures: failures{backoff: cfg.Backoff, limit: cfg.MaxRestarts},
		state:    State{Phase: Starting, LastCode: -1},
	}
}

// Run starts the command and returns when it has ended for good: with its exit
// code, or 128 and the number of the signal that it died of. The error is that
// of a start that failed: inject.ErrNotFound, ErrNotExecutable or ErrTooLarge,
// or what the system says.
//
// It keeps the goroutine in its thread, in front of which children die with
// their parent. Where that is the process's first thread, signals take the
// short way: see threadWaiter. Signals stay caught when it returns: the process
// is to end now, with this code.
func (p *Parent) Run() (int, error) {
	runtime.LockOSThread()
	if err := adoptOrphans(); err != nil {
		p.cfg.Warn("PR_SET_CHILD_SUBREAPER is denied (%v): what %s starts in other process groups may outlive a restart", err, p.name())
	}
	if err := hide(); err != nil {
		p.cfg.Warn("PR_SET_DUMPABLE is denied (%v): %s can read the environment of squire in /proc, with credentials", err, p.name())
	}
	p.ownGroup = syscall.Getpgrp()
	p.others()
	p.terminal = openTerminal(p.cfg.KillGroup != OnlyCommand, p.cfg.Streams != nil)
	w := newWaiter(caught(p.terminal.jobControl()), p.cfg.Warn) // before the fork: a signal between the two is not lost
	p.mu.Lock()
	p.waiter = w
	p.mu.Unlock()
	if err := p.start(); err != nil {
		return 0, err
	}
	if p.cfg.Started != nil {
		p.cfg.Started()
	}
	for !p.over {
		for _, sig := range w.wait(p.wakeAt()) {
			p.signal(sig) // first: one that has ended and is not reaped cannot be mistaken
		}
		p.reap()
		p.doAsked()
		p.timers(time.Now())
	}
	p.terminal.take()
	return p.code, p.err
}

// State is what may be known of the command.
func (p *Parent) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Alive returns when the loop has come round, or false when that takes longer
// than timeout.
func (p *Parent) Alive(timeout time.Duration) bool {
	round := make(chan struct{})
	p.ask(func() { close(round) })
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-round:
		return true
	case <-timer.C:
		return false
	}
}

// ask has the loop do something.
func (p *Parent) ask(fn func()) {
	p.mu.Lock()
	p.asked = append(p.asked, fn)
	w := p.waiter
	p.mu.Unlock()
	if w != nil {
		w.kick()
	}
}

func (p *Parent) doAsked() {
	p.mu.Lock()
	asked := p.asked
	p.asked = nil
	p.mu.Unlock()
	for _, fn := range asked {
		fn()
	}
}

// tell changes what State says.
func (p *Parent) tell(change func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.state)
}

func (p *Parent) phase(phase Phase) { p.tell(func(s *State) { s.Phase = phase }) }
