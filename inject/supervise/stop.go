//go:build unix

package supervise

import (
	"slices"
	"syscall"
	"time"

	"github.com/squire-env/squire/inject/change"
)

// signal is one that came to us.
func (p *Parent) signal(a arrival) {
	sig := a.Signal
	forwarded := slices.Contains(p.cfg.Forward, sig)
	asks, sure := asksToEnd(sig)
	switch {
	case p.over, sig == syscall.SIGCHLD:
		return
	case p.finishing:
		p.askedAgain(asks)
		return
	case sig == syscall.SIGWINCH && p.cfg.Streams != nil:
		p.cfg.Streams.Resize()
		if p.ownTerminal { // whose size tells the command
			return
		}
	case sig == syscall.SIGCONT:
		if !p.ownTerminal {
			p.terminal.continued(p.left.group)
		}
		if p.sharesGroup() && !p.stopped { // a shell continues a whole group
			return
		}
		p.stopped = false
	case sig == syscall.SIGTSTP:
		p.suspend(a)
		return
	case asks:
		p.doubt(forwarded && !sure)
		p.ending, p.again = true, false
		if p.draining {
			if p.endLate() {
				p.killSoon() // the reader of what is there has that long
			} else {
				p.cfg.Streams.Close()
			}
			return
		}
		if p.pid == 0 {
			p.finish(128 + int(sig))
			return
		}
		if !forwarded {
			p.stop()
			return
		}
	}
	if p.pid == 0 || !forwarded || p.sharesGroup() && a.byTerminal() {
		return
	}
	if sure {
		p.phase(Stopping) // before the command knows it
	}
	p.send(sig)
	if sure {
		if p.stopped { // the signal waits until it is continued
			p.send(syscall.SIGCONT)
		}
		p.killSoon()
	}
}

// askedAgain is while what is left holds up our end: asked a second time to end,
// we kill it.
func (p *Parent) askedAgain(asks bool) {
	switch {
	case !asks || !p.killed.IsZero():
	case !p.endAsked:
		p.endAsked = true
		p.cfg.Info("what %s has left is ending; a second request kills it", p.name())
	default:
		p.cfg.Warn("what %s had started is killed, on the second request to end", p.name())
		p.killAt, p.killed = time.Time{}, time.Now()
	}
}

// sharesGroup says whether the command is in our process group.
func (p *Parent) sharesGroup() bool { return !p.ownTerminal && p.terminal.sharing() }

// doubt is before an end. What INT and QUIT mean is for the command to say: a
// JVM prints its threads at QUIT, and keeps running. If it still runs when its
// time to end is over, it did not take the signal as the end, and neither do we.
func (p *Parent) doubt(may bool) {
	sure := p.ending && p.doubtUntil.IsZero()
	if p.doubtUntil = (time.Time{}); may && !sure && p.killAt.IsZero() && p.cfg.KillTimeout > 0 {
		p.doubtUntil = time.Now().Add(p.cfg.KillTimeout)
	}
}

// noEnd is when it kept running: what a change asked for meanwhile is done now.
func (p *Parent) noEnd() {
	later := p.later
	p.ending, p.doubtUntil, p.later = false, time.Time{}, change.Action{}
	p.change(p.command, later)
}

// send signals the command. It is not reaped yet, so its number is its own. It
// may have left the group that it was started in.
func (p *Parent) send(sig syscall.Signal) {
	if p.cfg.KillGroup == OnlyCommand || !p.sendGroup(sig) {
		_ = syscall.Kill(p.pid, sig)
	}
}

// sendGroup signals every process that is left in the group, and says whether
// there is one. Without a group it must not: 0 would be our own.
func (p *Parent) sendGroup(sig syscall.Signal) bool {
	return p.left.group != 0 && syscall.Kill(-p.left.group, sig) == nil
}

// stop asks the command to end. One that is stopped gets the signal when it is
// continued.
func (p *Parent) stop() {
	p.phase(Stopping)
	p.send(p.cfg.KillSignal)
	if p.stopped {
		p.send(syscall.SIGCONT)
	}
	p.killSoon()
}

func (p *Parent) killSoon() {
	if p.cfg.KillTimeout > 0 && p.killAt.IsZero() {
		p.killAt = time.Now().Add(p.cfg.KillTimeout)
	}
}

// kill ends all that is left, and the wait for the reader of its output.
func (p *Parent) kill(now time.Time) {
	p.killAt, p.killed, p.left.looks = time.Time{}, now, 0
	switch {
	case p.draining:
		p.cfg.Warn("nobody has read its last output within %s; dropped", p.cfg.KillTimeout)
		p.cfg.Streams.Close()
	case p.pid != 0:
		p.cfg.Warn("%s did not end within %s; killed", p.name(), p.cfg.KillTimeout)
		_ = syscall.Kill(p.pid, syscall.SIGKILL) // it may have left the group
		p.sendGroup(syscall.SIGKILL)             // the rest is below the command until it is gone
	case p.anyLeft():
		p.cfg.Warn("what %s had started did not end within %s; killed", p.name(), p.cfg.KillTimeout)
		p.endLeft()
	}
}

// wakeAt is when the loop has something to do though nothing came.
func (p *Parent) wakeAt() time.Time {
	at := p.killAt
	soon := func(t time.Time) {
		if now := time.Now(); !now.Before(t) {
			t = now.Add(p.left.poll())
		}
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	if !p.startAt.IsZero() {
		soon(p.startAt)
	}
	if !p.lateUntil.IsZero() {
		soon(p.lateUntil)
	}
	if p.finishing {
		soon(time.Time{})
	}
	if !p.doubtUntil.IsZero() && p.pid != 0 && (at.IsZero() || p.doubtUntil.Before(at)) {
		at = p.doubtUntil
	}
	return at
}

func (p *Parent) timers(now time.Time) {
	if !p.killAt.IsZero() && !now.Before(p.killAt) {
		p.kill(now)
	}
	if !p.lateUntil.IsZero() && !now.Before(p.lateUntil) {
		p.cfg.Warn("processes that %s has left keep its output open; what they print from now on is lost", p.name())
		p.endLate()
	}
	if p.pid != 0 && !p.doubtUntil.IsZero() && !now.Before(p.doubtUntil) {
		p.noEnd()
	}
	if !p.over && p.pid == 0 && !p.startAt.IsZero() && !now.Before(p.startAt) {
		p.startAgain(now)
	}
	if !p.over && p.finishing {
		p.finishWhenGone(now)
	}
}
