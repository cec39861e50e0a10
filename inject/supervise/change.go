//go:build unix

package supervise

import (
	"os"
	"syscall"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/change"
)

// Change gives the command for the next start, and does what is to be done now.
func (p *Parent) Change(c Command, a change.Action) { p.ask(func() { p.change(c, a) }) }

func (p *Parent) change(c Command, a change.Action) {
	p.command = c
	if p.ending && !p.doubtUntil.IsZero() {
		p.later = change.Stronger(p.later, a)
	}
	if p.ending || p.over {
		return
	}
	switch a.Kind {
	case change.Ignore:
	case change.Notify:
		if p.pid != 0 {
			p.send(a.Signal)
		}
	case change.Hook:
		p.runHook(a.Command)
	case change.Restart:
		switch {
		case p.draining:
			p.again = p.late == nil // it has ended for good
		case p.pid == 0: // it waits for its next start: a change may be what it needs
			p.startIn(0)
		case !p.again:
			p.again = true
			p.stop()
		}
	case change.Exit:
		if p.ending = true; p.draining {
			p.endLate()
			p.killSoon() // the reader of its output has that long
			return
		}
		if p.pid == 0 {
			p.finish(max(p.state.LastCode, 0))
			return
		}
		p.stop()
	}
}

// hook is another command that a change runs, one at a time.
type hook struct {
	pid  int
	name string
	next []string // to run when this one has ended; nil: none
}

func (p *Parent) runHook(argv []string) {
	if p.hook.pid != 0 {
		p.cfg.Warn("on-change: %s still runs, as process %d; another change waits for it", p.hook.name, p.hook.pid)
		p.hook.next = argv
		return
	}
	if err := p.startHook(argv); err != nil {
		p.cfg.Warn("on-change: %s", err)
	}
}

// startHook runs it with the new environment. Standard output is the command's,
// so what it prints goes to standard error.
func (p *Parent) startHook(argv []string) error {
	path, err := inject.LookPath(argv[0], p.command.Environment)
	if err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	files := [3]uintptr{null.Fd(), 2, 2}
	if p.cfg.Streams != nil {
		files[1], files[2] = null.Fd(), null.Fd()
	}
	sys := &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(sys)
	if p.hook.pid, err = p.forkAllowed(Command{path, argv, p.command.Environment}, files, sys, false); err != nil {
		return err
	}
	p.hook.name = argv[0]
	p.left.otherGroups[p.hook.pid] = true
	p.cfg.Info("on-change: started %s as process %d", argv[0], p.hook.pid)
	return nil
}

func (p *Parent) hookEnded(status syscall.WaitStatus) {
	if code := exitCode(status); code != 0 {
		p.cfg.Warn("on-change: %s ended with %d", p.hook.name, code)
	}
	next := p.hook.next
	p.hook = hook{}
	if next != nil && !p.over {
		p.runHook(next)
	}
}

func (h *hook) kill() {
	if h.pid != 0 && syscall.Kill(-h.pid, syscall.SIGKILL) != nil { // it may have no group
		_ = syscall.Kill(h.pid, syscall.SIGKILL)
	}
}
