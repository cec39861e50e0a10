//go:build unix

package supervise

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/squire-env/squire/inject/signals"
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
	if !p.terminal.jobControl() || p.ownTerminal || !byTerminal {
		return
	}
	if p.terminal.shared {
		if group, err := unix.Getpgid(p.pid); sig != syscall.SIGTSTP && err == nil && group == p.terminal.ours {
			p.stopped = false // the kernel has stopped us, too, and somebody has continued us
			return
		}
		p.stopSelf(false)
	} else if !p.terminal.lent() && p.terminal.front() {
		// A shell has put us in its foreground, as we ran in its background: it
		// does not notify us of that, and the command only wants the terminal.
	} else {
		p.terminal.take()
		p.stopSelf(true)
	}
	p.terminal.continued(p.left.group)
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
	case !p.sharesGroup() || !a.byTerminal():
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
