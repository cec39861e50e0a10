package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The first pause of a restart is a second, so these run beside each other.

func TestParentRestarts(t *testing.T) {
	for _, c := range []struct {
		flags string
		exit  string
		want  int // exit code
		runs  int
	}{
		{"--restart never", "exit 4", 4, 1},
		{"--restart on-failure", "exit 0", 0, 1},
		{"--restart on-failure --max-restarts 0/1m", "exit 4", 4, 1},
		{"--restart on-failure --max-restarts 1/1m", "exit 4", 4, 2},
		{"--restart on-failure --max-restarts 1/1m", "kill -9 $$", 137, 2},
		{"--restart always --max-restarts 1/1m", "exit 4", 4, 2},
	} {
		t.Run(strings.ReplaceAll(c.flags+" "+c.exit, "/", "per"), func(t *testing.T) {
			t.Parallel()
			p := squire(strings.Fields(c.flags)...).start(t, nil, "sh", "-c", "echo run >&3; "+c.exit)
			for range c.runs {
				p.expect("run")
			}
			p.ends(c.want)
			p.silence()
		})
	}
}

// An end without failure is no failure, whatever --max-restarts says.
func TestParentRestartsWhatDidNotFail(t *testing.T) {
	t.Parallel()
	p := squire("--restart", "always", "--max-restarts", "0/1m").start(t, nil, "sh", "-c", "echo run >&3")
	p.expect("run", "run")
	p.signal(syscall.SIGTERM) // in the pause, or just before
	if code := p.wait(); code != 0 && code != 143 {
		t.Errorf("ended with %d", code)
	}
	p.silence()
}

// waiting starts a command that fails, and returns in the pause before the next start.
func waiting(t *testing.T, w wrapper, argv ...string) *running {
	t.Helper()
	r, stderr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() // and what squire says after that goes nowhere
	p := w.start(t, func(cmd *exec.Cmd) { cmd.Stderr = stderr }, argv...)
	stderr.Close()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if strings.Contains(lines.Text(), "it starts again in 1s") {
			return p
		}
	}
	t.Fatal("no pause is said")
	return nil
}

func TestParentEndsInThePauseOfARestart(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130, syscall.SIGQUIT: 131} {
		each(t, both(squire("--restart", "on-failure")), func(t *testing.T, w wrapper) {
			p := waiting(t, w, "sh", "-c", "echo run >&3; exit 9")
			p.expect("run")
			p.signal(sig)
			p.ends(code)
			p.silence() // it did not start again
		})
	}
}

// Signals in the pause have nobody to go to, and end nothing.
func TestParentDropsSignalsInThePauseOfARestart(t *testing.T) {
	t.Parallel()
	p := waiting(t, squire("--restart", "on-failure"), "sh", "-c", "echo run >&3; exit 9")
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT} {
		p.signal(sig)
	}
	p.expect("run", "run")
	p.signal(syscall.SIGTERM) // in the pause, or just before
	if code := p.wait(); code != 9 && code != 143 {
		t.Errorf("ended with %d", code)
	}
}

func TestParentOfACommandThatVanishes(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho run >&3\nrm -- \"$0\"\nexit 9\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := squire("--restart", "on-failure", "--max-restarts", "1/1m").start(t, nil, script)
	p.expect("run")
	if p.ends(127); !strings.Contains(p.read("stderr"), "cannot start") {
		t.Errorf("it says %q", p.read("stderr"))
	}
	p.silence()
}

// What is left of a command's group ends before the next command starts.
func TestParentEndsTheOldGroupBeforeARestart(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	p := squire("--restart", "on-failure", "--max-restarts", "1/1m").start(t, nil, "sh", "-c",
		`echo run >&3; (trap "echo left behind ends >&3; exit" TERM; echo >`+fifo+`; while :; do sleep 1000 & wait; done) & read x <`+fifo+`; exit 9`)
	p.expect("run", "left behind ends", "run")
	p.ends(9)
}
