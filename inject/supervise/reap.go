//go:build unix

package supervise

import (
	"syscall"

	"github.com/squire-env/squire/inject/signals"
)

// reap waits for all that has ended below us: the command, hooks, and orphans
// that came to us.
func (p *Parent) reap() {
	var stop syscall.Signal // that the command has stopped by
	var goOn bool           // it is to be continued, unless a shell has done that
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG|syscall.WUNTRACED|waitContinued, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case (err != nil || pid <= 0) && p.pid != 0 && stop != 0:
			goOn, stop = p.hasStopped(stop), 0
		case err != nil || pid <= 0:
			if goOn && p.pid != 0 && p.stopped {
				p.goOn()
			}
			return
		case status.Stopped():
			if pid == p.pid {
				p.stopped, stop = true, status.StopSignal()
			}
		case status.Continued():
			if pid == p.pid { // by then we have been continued, too, if the kernel had stopped us with it
				p.stopped, stop = false, 0
			}
		case pid == p.pid:
			p.ended(status)
		case pid == p.hook.pid:
			p.hookEnded(status)
		default:
			delete(p.left.otherPIDs, pid)
		}
	}
}

// hasStopped is after Ctrl-Z, or when the command has stopped itself: the shell
// that waits for us must see us stop too. It says whether the command is to go on.
func (p *Parent) hasStopped(sig syscall.Signal) bool {
	byTerminal := sig == syscall.SIGTSTP || sig == syscall.SIGTTIN || sig == syscall.SIGTTOU
	switch {
	case !p.killAt.IsZero() && sig == syscall.SIGSTOP: // it was asked to end before
		return true
	case byTerminal && p.terminal.jobControl() && !p.ownTerminal, p.terminal.waitedFor(p.pid):
		p.stopWithCommand(sig == syscall.SIGTTIN || sig == syscall.SIGTTOU)
		return true
	}
	return false
}

// stopWithCommand is after the command has stopped.
func (p *Parent) stopWithCommand(forTerminal bool) {
	switch {
	case p.ownTerminal:
		p.suspendStreams()
		return
	case p.terminal.shared:
		p.stopSelf(false)
	case forTerminal && !p.terminal.lent() && p.terminal.front():
		// A shell has put us in its foreground, as we ran in its background: it
		// does not notify us of that, and the command only wants the terminal.
	default:
		p.terminal.take()
		p.stopSelf(true)
	}
	p.terminal.continued(p.left.group)
}

// goOn continues the command.
func (p *Parent) goOn() {
	p.stopped = false
	if !p.sendGroup(syscall.SIGCONT) {
		p.send(syscall.SIGCONT)
	}
}

// suspend is after a TSTP. What it does to the command is for that to say; if it
// stops, so do we.
func (p *Parent) suspend(a arrival) {
	switch {
	case p.pid == 0:
		p.stopSelf(false)
	case p.ownTerminal:
		p.suspendStreams()
	case p.stopped && p.terminal.waitedFor(p.pid): // in the background, before; it stops no more
		p.stopWithCommand(false)
		p.goOn()
	case !p.sharesGroup() || !a.byTerminal():
		if !p.sharesGroup() && p.terminal.front() { // a shell has put us there, and does not tell
			p.terminal.continued(p.left.group)
		}
		p.send(syscall.SIGTSTP)
	}
}

// Suspend stops the command and us, as Ctrl-Z does, where the streams have a
// terminal of their own; it returns at once.
func (p *Parent) Suspend() {
	p.ask(func() {
		if p.pid != 0 && p.ownTerminal {
			p.suspendStreams()
		}
	})
}

func (p *Parent) suspendStreams() {
	p.sendGroup(syscall.SIGSTOP)
	p.cfg.Streams.Suspend()
	p.stopSelf(true)
	p.cfg.Streams.Resume()
	p.sendGroup(syscall.SIGCONT)
}

// stopSelf stops our process group, or only our process, as the terminal would,
// and returns when a shell has continued it; at once, where there is no shell to
// do that: the kernel does not stop an orphaned group. The shell's CONT is for
// us: forwarded later, it would undo the next Ctrl-Z.
func (p *Parent) stopSelf(group bool) {
	if !signals.IsIgnored(syscall.SIGTSTP) { // for good, since our start
		p.waiter.stop(group)
	}
}
