//go:build unix

package supervise

import (
	"slices"
	"syscall"
	"time"
)

// process is one below us, and its process group; 0: that is none of ours to see.
type process struct{ pid, group int }

// left is what the last command has left: its process group, and, since orphans
// come to us, all else that has become our child. Deeper ones are still below one
// of these, and come to us when it ends.
type left struct {
	group int          // the command's; 0: nobody is left in it
	asked map[int]bool // who was asked to end, or killed: groups are below zero
	looks int          // how often somebody was found in a row
	// What is not the command's: what was there when we began, since a script may
	// start more before it becomes squire, and what hooks have started. Our own
	// group is not among them where the command is in it, too.
	otherPIDs, otherGroups map[int]bool
}

// others is before the first start.
func (p *Parent) others() {
	p.left.otherPIDs, p.left.otherGroups = map[int]bool{}, map[int]bool{}
	all, _ := children()
	for _, c := range all {
		p.left.otherPIDs[c.pid], p.left.otherGroups[c.group] = true, true
	}
}

// orphans are those of our children that the last command has left.
func (p *Parent) orphans() []process {
	all, err := children()
	if err != nil && !p.warnedProc {
		p.warnedProc = true
		p.cfg.Warn("processes cannot be listed (%v): what leaves the process group of %s is not ended with it", err, p.name())
	}
	for group := range p.left.otherGroups {
		if syscall.Kill(-group, 0) == syscall.ESRCH { // its number may be another's soon
			delete(p.left.otherGroups, group)
		}
	}
	return slices.DeleteFunc(all, func(c process) bool {
		return c.pid == p.pid || c.pid == p.hook.pid || p.left.otherPIDs[c.pid] || p.left.otherGroups[c.group]
	})
}

// anyLeft says whether anybody is left of the last command.
func (p *Parent) anyLeft() bool { return p.groupLeft() || len(p.orphans()) > 0 }

// groupLeft says whether anybody is left in its group.
func (p *Parent) groupLeft() bool {
	if p.left.group != 0 && syscall.Kill(-p.left.group, 0) == syscall.ESRCH {
		p.left.group = 0
	}
	return p.left.group != 0
}

// endLeft asks what is left to end, each process once, or kills it, once its time
// is over. It must be called again until nobody is left: by then others have come.
func (p *Parent) endLeft() {
	targets := []int{}
	if p.groupLeft() {
		targets = append(targets, -p.left.group)
	}
	for _, c := range p.orphans() {
		target := c.pid
		if c.group > 0 && c.group != p.ownGroup {
			target = -c.group // it holds its number, and we hold the number of its group
		}
		targets = append(targets, target)
	}
	told := []int{}
	for _, target := range targets {
		asked := p.left.asked[target]
		if !asked {
			p.left.asked[target] = true
			told = append(told, target)
		}
		if !p.killed.IsZero() {
			p.mayNot(target, syscall.Kill(target, syscall.SIGKILL))
		} else if !asked {
			p.mayNot(target, syscall.Kill(target, p.cfg.KillSignal))
			_ = syscall.Kill(target, syscall.SIGCONT) // one that is stopped cannot end
		}
	}
	if len(told) > 0 {
		p.cfg.Info("ending what %s has left: %d", p.name(), told)
	}
}

// mayNot is for those that run as another user by now.
func (p *Parent) mayNot(target int, err error) {
	if err == syscall.EPERM && !p.left.asked[0] {
		p.left.asked[0] = true
		p.cfg.Warn("process %d, which %s has left, cannot be signalled: %v", max(target, -target), p.name(), err)
	}
}

// stubborn is how long what was killed can hold up the next start: what KILL
// does not end, a process in the middle of a broken disk, may never end.
const stubborn = 5 * time.Second

// waitsForLeft says whether a start, or our end, must wait for what is left.
func (p *Parent) waitsForLeft(now time.Time) bool {
	if !p.anyLeft() {
		p.left.looks = 0
		return false
	}
	p.left.looks++
	if p.killed.IsZero() || now.Sub(p.killed) < stubborn {
		p.endLeft()
		return true
	}
	p.cfg.Warn("some of what %s has left could not be ended, and lives on", p.name())
	return false
}

// poll is how soon it is looked at again: every 50 ms in the first second, then
// more and more seldom, since a look may read all of /proc. Those that are our
// children tell of their end by CHLD, so this is for the others.
func (l *left) poll() time.Duration {
	return 50 * time.Millisecond << min(l.looks/20, 4)
}
