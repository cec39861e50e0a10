//go:build unix

package supervise

import "golang.org/x/sys/unix"

// terminal is our terminal, on standard input, lent to the command: its
// process group is the foreground one while it runs. So Ctrl-C comes to it
// once, from the kernel, and not from us.
type terminal struct {
	ours       int  // our process group
	foreground bool // the terminal is for us to lend
}

// openTerminal is nil where standard input is no terminal that controls us.
// Whether we are in its foreground is found out here, once: later the
// foreground group may be a dead command's.
func openTerminal() *terminal {
	group, err := foregroundGroup()
	if err != nil {
		return nil
	}
	ours := unix.Getpgrp()
	return &terminal{ours, group == ours}
}

func foregroundGroup() (int, error) { return unix.IoctlGetInt(0, unix.TIOCGPGRP) }

// lent says whether commands get the terminal.
func (t *terminal) lent() bool { return t != nil && t.foreground }

// take makes the terminal ours again.
func (t *terminal) take() {
	if t.lent() {
		t.give(t.ours)
	}
}

func (t *terminal) give(group int) {
	withoutTTOU(func() { _ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, group) })
}

// continued is after a shell has continued us: in its foreground, then the
// command's group gets the terminal, or in its background.
func (t *terminal) continued(group int) {
	if t == nil {
		return
	}
	switch now, err := foregroundGroup(); {
	case err != nil:
	case now == t.ours:
		t.foreground = true
		t.give(group)
	case now != group:
		t.foreground = false
	}
}
