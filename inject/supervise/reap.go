//go:build unix

package supervise

import (
	"syscall"
	"time"
)

// reap waits for all that has ended below us: the command, hooks, and orphans
// that came to us.
func (p *Parent) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG|syscall.WUNTRACED, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil || pid <= 0:
			return
		case status.Stopped():
			if pid == p.pid {
				p.hasStopped(status.StopSignal())
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

// hasStopped is after Ctrl-Z: the command's group has stopped, and the shell
// that waits for us must see us stop too.
func (p *Parent) hasStopped(sig syscall.Signal) {
	p.stopped = true
	if !p.killAt.IsZero() && sig == syscall.SIGSTOP { // it was asked to end before
		p.send(syscall.SIGCONT)
		return
	}
	byTerminal := sig == syscall.SIGTSTP || sig == syscall.SIGTTIN || sig == syscall.SIGTTOU
	if p.terminal == nil || p.ownTerminal || !byTerminal {
		return
	}
	p.terminal.take()
	p.stopSelf()
	p.terminal.continued(p.left.group)
	p.stopped = false
	p.sendGroup(syscall.SIGCONT)
}

// Suspend stops the command and us, as Ctrl-Z does, where the streams have a
// terminal of their own; it returns at once.
func (p *Parent) Suspend() {
	p.ask(func() {
		if p.pid == 0 || !p.ownTerminal {
			return
		}
		p.sendGroup(syscall.SIGSTOP)
		p.cfg.Streams.Suspend()
		p.stopSelf()
		p.cfg.Streams.Resume()
		p.sendGroup(syscall.SIGCONT)
	})
}

// stopSelf stops our process group as the terminal would, and returns when a
// shell has continued it; at once, where there is no shell to do that: the
// kernel does not stop an orphaned group. The shell's CONT is for us: forwarded
// later, it would undo the next Ctrl-Z. It may come by way of another thread,
// some time after we go on.
func (p *Parent) stopSelf() {
	_ = syscall.Kill(0, syscall.SIGTSTP)
	p.ownCont = time.Now().Add(time.Second)
}
