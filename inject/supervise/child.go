//go:build unix

package supervise

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/squire-env/squire/inject"
)

// start starts the command.
func (p *Parent) start() error {
	c := p.command
	files, own, err := [3]uintptr{0, 1, 2}, (*syscall.SysProcAttr)(nil), error(nil)
	if p.cfg.Streams != nil {
		if files, own, err = p.cfg.Streams.Open(); err != nil {
			return fmt.Errorf("what %s prints cannot be masked: %w", c.Argv[0], err)
		}
	}
	p.ownTerminal = own != nil
	sys := own
	switch {
	case own != nil:
	case p.terminal.sharing():
		sys = &syscall.SysProcAttr{}
	case p.terminal.lent():
		sys = &syscall.SysProcAttr{Foreground: true, Ctty: p.terminal.fd}
	default:
		sys = &syscall.SysProcAttr{Setpgid: true}
	}
	dieWithParent(sys)
	pid, err := p.forkAllowed(c, files, sys, true)
	if err != nil {
		p.terminal.take() // a child that could not exec may have had it already
		if p.cfg.Streams != nil {
			p.cfg.Streams.Ended(nil)
		}
		return err
	}
	if p.cfg.Streams != nil {
		p.cfg.Streams.Started()
	}
	p.pid, p.left.group, p.began, p.stopped = pid, pid, time.Now(), false
	if own == nil && (p.terminal.sharing() || p.denied.group) {
		p.left.group = 0 // it is our own
		delete(p.left.otherGroups, p.ownGroup)
	}
	p.left.asked = map[int]bool{}
	delete(p.left.otherGroups, pid)
	p.startAt, p.killAt, p.killed = time.Time{}, time.Time{}, time.Time{}
	p.tell(func(s *State) {
		if !s.StartedAt.IsZero() {
			s.Restarts++
		}
		s.Phase, s.PID, s.StartedAt = Running, pid, p.began
	})
	p.cfg.Info("started %s as process %d", c.Argv[0], pid)
	return nil
}

// fork starts a command. If it takes our place, variables that name us name it.
func (p *Parent) fork(c Command, files [3]uintptr, sys *syscall.SysProcAttr, ourPlace bool) (pid int, err error) {
	environ := c.Environment.Environ()
	var pids []string
	if ourPlace {
		pids = ours(environ)
	}
	pid, err = p.waiter.fork(c.Path, c.Argv, &syscall.ProcAttr{Env: environ, Files: files[:], Sys: sys}, pids)
	if err != nil {
		return 0, inject.StartError(c.Path, c.Argv, environ, err)
	}
	return pid, nil
}

// restoreTerminal is between two commands. A terminal of the command's own went
// with it, and the streams restore ours.
func (p *Parent) restoreTerminal() {
	if !p.ownTerminal {
		p.terminal.restore()
	}
}

// startCode is the exit code of a command that could not be started.
func startCode(err error) int {
	switch {
	case errors.Is(err, inject.ErrNotFound):
		return 127
	case errors.Is(err, inject.ErrNotExecutable):
		return 126
	}
	return 125
}

// exitCode is the command's own, or 128 and its signal.
func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// ended is when the command is gone. Its output may still be there: the reader
// of ours may be slow, and signals count meanwhile.
func (p *Parent) ended(status syscall.WaitStatus) {
	code, ran := exitCode(status), time.Since(p.began)
	byUser := (p.ownTerminal || p.terminal.lent() || p.terminal.front()) && (code == 128+int(syscall.SIGINT) || code == 128+int(syscall.SIGQUIT))
	p.pid, p.stopped = 0, false
	p.tell(func(s *State) { s.PID, s.LastCode = 0, code })
	p.cfg.Info("%s ended with %d", p.name(), code)
	p.terminal.take()
	if status.Signaled() { // it may have left the terminal raw; one that exits may mean that
		p.restoreTerminal()
	}
	if p.cfg.Streams == nil {
		p.next(code, ran, byUser)
		return
	}
	p.draining = true
	late := p.waitLate(code)
	go func() {
		p.cfg.Streams.Ended(late)
		p.ask(func() {
			p.draining = false
			p.endLate()
			p.next(code, ran, byUser)
		})
	}()
}

// waitLate is for what processes that the command has left still write, which
// would come out without us, too: it is waited for where we end with it by
// itself, as long as an end may take. The end of PID 1 is theirs anyway, and a
// daemon that keeps our output open must not keep us.
func (p *Parent) waitLate(code int) <-chan struct{} {
	if p.ending || p.again || p.goesOn(code) || p.cfg.KillGroup == Descendants || syscall.Getpid() == 1 {
		return nil
	}
	p.late = make(chan struct{})
	if p.cfg.KillTimeout > 0 {
		p.lateUntil = time.Now().Add(p.cfg.KillTimeout)
	}
	return p.late
}

// endLate ends that wait, if there is one.
func (p *Parent) endLate() bool {
	waited := p.late != nil
	if waited {
		close(p.late)
	}
	p.late, p.lateUntil = nil, time.Time{}
	return waited
}

// goesOn says whether another starts when one has ended by itself.
func (p *Parent) goesOn(code int) bool {
	return p.cfg.Restart == Always || p.cfg.Restart == OnFailure && code != 0
}

// next decides whether another starts.
func (p *Parent) next(code int, ran time.Duration, byUser bool) {
	switch again := p.again; {
	case p.ending || byUser && !again: // Ctrl-C at a terminal means to end it all
		p.ending = true
		p.finish(code)
	case again:
		p.again = false
		p.startIn(0)
	case p.goesOn(code):
		p.restart(code, ran)
	default:
		p.finish(code)
	}
}

// restart is after the command ended by itself.
func (p *Parent) restart(code int, ran time.Duration) {
	pause, over := p.failures.add(time.Now(), ran, code != 0)
	if over {
		p.cfg.Warn("%s failed more than %d times in %s; giving up", p.name(), p.cfg.MaxRestarts.N, p.cfg.MaxRestarts.Period)
		p.finish(code)
		return
	}
	if code != 0 {
		p.tell(func(s *State) { s.Failures++; s.Phase = Waiting }) // before it is said
		p.cfg.Warn("%s ended with %d; it starts again in %s", p.name(), code, pause)
	}
	p.startIn(pause)
}

// startIn starts the command after a pause, and not before the old one is gone
// with all that it has started: what is left is asked to end, and has its time
// for that.
func (p *Parent) startIn(pause time.Duration) {
	p.phase(Waiting)
	p.restoreTerminal()
	p.startAt = time.Now().Add(pause)
	if p.killed.IsZero() && p.anyLeft() {
		p.endLeft()
		p.killSoon()
	}
}

// startAgain is startIn's end.
func (p *Parent) startAgain(now time.Time) {
	if p.waitsForLeft(now) {
		return // wakeAt comes back soon
	}
	p.startAt = time.Time{}
	err := p.start()
	switch {
	case err == nil:
	case p.cfg.Restart == Never:
		p.err = err
		p.finish(0)
	default:
		p.cfg.Warn("%s cannot start: %s", p.name(), err)
		p.restart(startCode(err), 0)
	}
}

// finish ends the loop: at once, or when nobody is left, where we were about to
// replace the command, or are to end all that it has left.
func (p *Parent) finish(code int) {
	p.hook.kill()
	p.code, p.endAsked, p.ending = code, p.ending, true
	switch {
	case !p.startAt.IsZero():
		p.startAt, p.killed = time.Time{}, time.Now()
	case p.cfg.KillGroup != Descendants && (p.killed.IsZero() || !p.sharesGroup()):
		p.end()
		return
	case p.killed.IsZero():
		p.killSoon()
	}
	p.finishing = true
	p.finishWhenGone(time.Now())
}

func (p *Parent) finishWhenGone(now time.Time) {
	if !p.waitsForLeft(now) {
		p.end()
	}
}

func (p *Parent) end() {
	p.over = true
	p.phase(Ended)
}

// name is the command's, for messages.
func (p *Parent) name() string { return p.command.Argv[0] }
