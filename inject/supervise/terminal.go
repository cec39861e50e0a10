//go:build unix

package supervise

import (
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/squire-env/squire/inject/signals"
	"github.com/squire-env/squire/inject/tty"
)

// terminal is the one that controls us, whatever our standard streams are: a
// command in a pipeline reads its keys from /dev/tty.
//
// Where our process group is ours alone, as a shell makes it for one command, it
// is lent: the command's own group is the foreground one while it runs. So
// Ctrl-C comes to it once, from the kernel, and not from us.
//
// Where others are in our group, such as less behind us in a pipeline, a script
// or make, it is shared: the command is in our group, too, as it would be by
// exec. Lent, it would be lost to the others, who are stopped when they read it.
// The kernel then sends Ctrl-C to us all, and we do not forward it.
type terminal struct {
	fd         int
	ours       int         // our process group
	controls   bool        // it is our controlling one; if not, it is only on a standard stream
	shared     bool        // the command is in our group
	foreground bool        // it is for us to lend
	modes      *term.State // as it was before the first command; nil: not ours to restore
}

// openTerminal is nil where there is none. Whether we are in its foreground is
// found out here, once: later the foreground group may be a dead command's.
// grouped says that the command is to have a group of its own; writes that we
// write its output to the terminal: from the foreground, where we also hear of
// the terminal's size.
func openTerminal(grouped, writes bool) *terminal {
	t := &terminal{fd: -1, ours: unix.Getpgrp()}
	own, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	for _, fd := range []int{own, 0, 1, 2} { // a container may have no /dev
		if err != nil && fd == own {
			continue
		}
		group, err := foregroundGroup(fd)
		if t.controls = err == nil; t.controls {
			t.fd, t.foreground = fd, group == t.ours
			break
		}
		if t.fd < 0 && term.IsTerminal(fd) {
			t.fd = fd
		}
	}
	if t.fd < 0 {
		return nil
	}
	t.shared = t.controls && !grouped && (writes || !alone(t.ours))
	t.save()
	return t
}

// alone says whether nobody else is in our process group. A shell makes one for
// each pipeline, led by its first process, and each but the last has a pipe.
func alone(group int) bool {
	return group == unix.Getpid() && !piped(0) && !piped(1) && !piped(2)
}

func piped(fd int) bool {
	var stat unix.Stat_t
	if unix.Fstat(fd, &stat) != nil {
		return false
	}
	kind := stat.Mode & unix.S_IFMT
	return kind == unix.S_IFIFO || kind == unix.S_IFSOCK
}

func foregroundGroup(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.TIOCGPGRP) }

// lent says whether commands get the terminal, each for its own group.
func (t *terminal) lent() bool { return t != nil && t.foreground && !t.shared }

// sharing says whether commands are in our group.
func (t *terminal) sharing() bool { return t != nil && t.shared }

// jobControl says whether a shell may stop and continue us.
func (t *terminal) jobControl() bool { return t != nil && t.controls }

// front says whether our process group is in the foreground.
func (t *terminal) front() bool {
	if !t.jobControl() {
		return false
	}
	group, err := foregroundGroup(t.fd)
	return err == nil && group == t.ours
}

// waitedFor says whether a shell with job control waits for us and the command:
// in its foreground, and in a group that it has made. It made none for the first
// of a session, such as PID 1.
func (t *terminal) waitedFor(command int) bool {
	if !t.jobControl() || signals.IsIgnored(unix.SIGTSTP) {
		return false
	}
	front, err := foregroundGroup(t.fd)
	group, _ := unix.Getpgid(command)
	session, _ := unix.Getsid(0)
	return err == nil && session != t.ours && (t.lent() || front == t.ours || front == group)
}

// take makes the terminal ours again.
func (t *terminal) take() {
	if t.lent() {
		t.give(t.ours)
	}
}

func (t *terminal) give(group int) {
	tty.WithoutStop(func() { _ = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, group) })
}

// save remembers how the terminal is set, unless others set it: a shell that has
// us in the background, or who reads our output, such as less.
func (t *terminal) save() {
	if t.modes == nil && (t.front() || !t.controls) && !piped(1) {
		t.modes, _ = term.GetState(t.fd)
	}
}

// restore sets it as it was before the first command.
func (t *terminal) restore() {
	if t != nil && t.modes != nil && (t.front() || !t.controls) {
		tty.WithoutStop(func() { _ = term.Restore(t.fd, t.modes) })
	}
}

// continued is after a shell has continued us: in its foreground, then the
// command's group gets the terminal, or in its background.
func (t *terminal) continued(group int) {
	if !t.jobControl() || t.shared {
		return
	}
	switch now, err := foregroundGroup(t.fd); {
	case err != nil:
	case now == t.ours:
		t.foreground = true
		t.save()
		t.give(group)
	case now != group:
		t.foreground = false
	}
}
