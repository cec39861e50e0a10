//go:build unix

package supervise

import (
	"fmt"
	"syscall"
)

// denied is what a filter of system calls (seccomp) denies between a fork and the
// command, and can be done without.
type denied struct{ deathSignal, group bool }

// The steps, as messages name them.
const (
	stepFork        = "clone"
	stepSession     = "setsid"
	stepGroup       = "setpgid"
	stepForeground  = "TIOCSPGRP"
	stepTerminal    = "TIOCSCTTY"
	stepDeathSignal = "PR_SET_PDEATHSIG"
)

// forkAllowed is fork without what is denied. Fork says only that something was:
// the steps are tried one by one, and what cannot be done without is named.
func (p *Parent) forkAllowed(c Command, files [3]uintptr, sys *syscall.SysProcAttr, ourPlace bool) (int, error) {
	for {
		if p.denied.deathSignal {
			withoutDeathSignal(sys)
		}
		if p.denied.group {
			sys.Setpgid, sys.Foreground = false, false
		}
		pid, err := p.fork(c, files, sys, ourPlace)
		if err == nil {
			return pid, nil
		}
		switch step, why := deniedStep(sys); step {
		case "":
			return 0, err
		case stepDeathSignal:
			p.denied.deathSignal = true
			p.cfg.Warn("%s is denied (%v): if squire is killed, %s lives on", step, why, c.Argv[0])
		case stepGroup, stepForeground:
			p.denied.group = true
			if p.terminal != nil {
				p.terminal.shared = true
			}
			p.cfg.Warn("%s is denied (%v): %s is in the process group of squire, and signals reach nothing that it starts", step, why, c.Argv[0])
		default:
			return 0, fmt.Errorf("%s cannot be started: %s: %w", c.Argv[0], step, why)
		}
	}
}
