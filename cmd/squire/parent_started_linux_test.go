package main

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// How a wrapper is started must not matter, and the command must find things
// as it would without one.

func launcher(script string) []string {
	return []string{"sh", "-c", script + `; exec "$@"`, "sh"}
}

// signalState is a command's ignored and blocked signals.
func signalState(t *testing.T, w wrapper) string {
	t.Helper()
	p := w.start(t, nil, "grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status")
	p.ends(0)
	return p.read("stdout")
}

func TestParentKeepsIgnoredAndBlockedSignals(t *testing.T) {
	for _, c := range []struct {
		about    string
		launcher []string
	}{
		{"nothing is special", launcher(":")},
		{"nohup", launcher(`trap "" HUP`)},
		{"the background of a shell without job control", launcher(`trap "" INT`)},
		{"HUP and INT", launcher(`trap "" HUP INT`)},
		// Go unblocks some at its start, HUP, INT, TERM and CHLD among them: see
		// blockableSig in the runtime.
		{"USR1, USR2 and ALRM are blocked", []string{self(t), "child:block", "10", "12", "14", "--"}},
	} {
		want := signalState(t, plain().before(c.launcher...))
		if !strings.Contains(want, "SigIgn") || !strings.Contains(want, "SigBlk") {
			t.Fatalf("%q", want)
		}
		each(t, append(both(squire()), tini()), func(t *testing.T, w wrapper) {
			if got := signalState(t, w.before(c.launcher...)); got != want {
				t.Errorf("%s: the command has\n%s, without a wrapper\n%s", c.about, got, want)
			}
		})
	}
}

func TestParentStartedWithHangupIgnored(t *testing.T) {
	each(t, append(both(squire()), both(squire("--restart", "always"))...), func(t *testing.T, w wrapper) {
		p := w.before(launcher(`trap "" HUP`)...).start(t, nil, "sh", "-c", `echo ready >&3; read line; echo "$line" >&3; exec sleep 1000`)
		p.expect("ready")
		p.signal(syscall.SIGHUP)
		p.signal(syscall.SIGTERM)
		p.ends(128 + int(syscall.SIGTERM))
	})
}

func TestParentStartedWithSignalsBlockedOrIgnored(t *testing.T) {
	for about, launcher := range map[string][]string{
		"CHLD ignored":             launcher(`trap "" CHLD`),
		"CHLD blocked":             {self(t), "child:block", "17", "--"},
		"TERM, CHLD, USR1 blocked": {self(t), "child:block", "15", "17", "10", "--"},
		"all blocked":              append(append([]string{self(t), "child:block"}, strings.Fields("1 2 3 4 5 6 7 8 10 11 12 13 14 15 17 18 20 21 22 23 24 25 26 27 28 29 30 31")...), "--"),
	} {
		each(t, both(squire()), func(t *testing.T, w wrapper) {
			w = w.before(launcher...)
			w.start(t, nil, "sh", "-c", "exit 3").ends(3)
			w.start(t, nil, "sh", "-c", "(sleep 0 &); sleep 0; exit 4").ends(4)
			p := w.start(t, nil, self(t), "child:signals", "TERM") // a Go program, which unblocks what it waits for
			p.expect("ready")
			p.signal(syscall.SIGUSR1)
			p.expect("USR1")
			p.signal(syscall.SIGTERM)
			p.expect("TERM")
			if p.ends(0); t.Failed() {
				t.Errorf("at: %s", about)
			}
		})
	}
}

func TestParentStartedWithoutStreamsOrTerminal(t *testing.T) {
	for _, closed := range []string{"<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"} {
		each(t, both(squire()), func(t *testing.T, w wrapper) {
			p := w.before("sh", "-c", `exec "$@" `+closed, "sh").start(t, nil, "sh", "-c", "echo it runs >&3; exit 5")
			p.expect("it runs")
			p.ends(5)
		})
	}
	each(t, []wrapper{squire(), tini()}, func(t *testing.T, w wrapper) {
		setsid := func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
		p := w.start(t, setsid, self(t), "child:signals", "TERM")
		p.expect("ready")
		p.signal(syscall.SIGINT)
		p.expect("INT")
		p.signal(syscall.SIGTERM)
		p.expect("TERM")
		p.ends(0)
	})
}
