package main

import (
	"strings"
	"syscall"
	"testing"
)

const killed = 128 + int(syscall.SIGKILL)

// stubborn is a command that ignores TERM, as does what it has started.
const stubborn = `trap "" TERM; sleep 1000 & echo ready >&3; wait; wait`

func TestParentTakesTheCommandAlongWhenKilled(t *testing.T) {
	each(t, both(squire()), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", "echo ready >&3; exec sleep 1000")
		p.expect("ready")
		p.signal(syscall.SIGKILL)
		p.ends(-int(syscall.SIGKILL))
		p.silence()
	})
}

func TestParentKillsTheGroupAtTheTimeout(t *testing.T) {
	each(t, both(squire("--kill-timeout", "50ms")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", stubborn)
		p.expect("ready")
		p.signal(syscall.SIGTERM)
		if p.ends(killed); !strings.Contains(p.read("stderr"), "did not end within 50ms") {
			t.Errorf("it says %q", p.read("stderr"))
		}
		p.silence() // the grandchild is gone, too
	})
	each(t, both(squire("--kill-timeout", "50ms", "--no-forward", "INT", "--kill-signal", "QUIT")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", `trap "" QUIT; `+stubborn)
		p.expect("ready")
		p.signal(syscall.SIGINT)
		p.ends(killed)
		p.silence()
	})
}

// A command that is stopped cannot end, but KILL ends it.
func TestParentKillsAStoppedCommand(t *testing.T) {
	each(t, both(squire("--kill-timeout", "50ms")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", "echo ready >&3; kill -STOP $$; exec sleep 1000")
		p.expect("ready")
		p.signal(syscall.SIGTERM)
		if code := p.wait(); code != killed && code != 128+int(syscall.SIGTERM) {
			t.Errorf("ended with %d", code)
		}
		p.silence()
	})
}

func TestParentWithoutATimeoutWaits(t *testing.T) {
	each(t, both(squire("--kill-timeout", "0")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, self(t), "child:signals", "QUIT")
		p.expect("ready")
		for range 3 {
			p.signal(syscall.SIGTERM)
			p.expect("TERM")
		}
		p.signal(syscall.SIGUSR1) // still forwarded
		p.expect("USR1")
		p.signal(syscall.SIGQUIT)
		p.expect("QUIT")
		p.ends(0)
	})
}

// TERM comes again and again: the timeout counts from the first.
func TestParentCountsTheTimeoutFromTheFirstTerm(t *testing.T) {
	each(t, both(squire("--kill-timeout", "100ms")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", `trap "echo TERM >&3" TERM; echo ready >&3; while :; do sleep 1000 & wait; done`)
		p.expect("ready")
		p.signal(syscall.SIGTERM)
		for p.lines.Scan() { // at each TERM that it says, the next one
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
		}
		p.ends(killed)
	})
}
