package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/squire-env/squire/inject/signals"
	"github.com/squire-env/squire/inject/supervise"
)

// noDump holds that Go has not printed what it was doing.
func (p *running) noDump(sig syscall.Signal) {
	p.Helper()
	if text := p.read("stderr"); strings.Contains(text, "goroutine") || strings.Contains(text, "SIG") {
		p.Errorf("signal %d: %q", sig, text)
	}
}

// TestParentOfEverySignal: what ends a command that was exec'd ends one that has
// a parent, and its exit code says by what.
func TestParentOfEverySignal(t *testing.T) {
	harmless := signals.Of(syscall.SIGWINCH, syscall.SIGCONT)
	for _, flags := range []string{"", "--mask", "--log-level info"} {
		each(t, both(squire(strings.Fields(flags)...)), func(t *testing.T, w wrapper) {
			t.Parallel()
			start := func() *running {
				p := w.start(t, nil, "sh", "-c", "ulimit -c 0; echo ready >&3; exec sleep 1000")
				p.expect("ready")
				return p
			}
			for _, sig := range supervise.DefaultForward() {
				p := start()
				p.signal(sig)
				if !harmless.Has(sig) {
					p.ends(128 + int(sig))
				}
				p.noDump(sig)
			}
			p := start()
			for _, sig := range []syscall.Signal{syscall.SIGPIPE, syscall.SIGURG, syscall.SIGCHLD, syscall.SIGWINCH, syscall.SIGCONT} {
				p.signal(sig)
				p.noDump(sig)
			}
			p.signal(syscall.SIGTERM)
			p.ends(128 + int(syscall.SIGTERM))
		})
	}
}

// TestParentEndsForGood holds that what others end a broken process by, as the
// watchdog of systemd does by ABRT, is not the failure that starts it again.
func TestParentEndsForGood(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGABRT, syscall.SIGSYS, syscall.SIGTRAP, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL} {
		each(t, both(squire("--restart", "always")), func(t *testing.T, w wrapper) {
			p := w.start(t, nil, "sh", "-c", "ulimit -c 0; echo ready >&3; exec sleep 1000")
			p.expect("ready")
			p.signal(sig)
			p.ends(128 + int(sig))
			p.silence()
		})
		// one that does not end gets KILL, as after TERM
		each(t, both(squire("--restart", "always", "--kill-timeout", "50ms")), func(t *testing.T, w wrapper) {
			p := w.start(t, nil, self(t), "child:signals", "USR2")
			p.expect("ready")
			p.signal(sig)
			p.ends(128 + int(syscall.SIGKILL))
		})
	}
	// where it is not forwarded, the command gets the signal that asks it to end
	each(t, both(squire("--no-forward", "ABRT", "--kill-signal", "RTMIN+3")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, self(t), "child:signals", "RTMIN+3")
		p.expect("ready")
		p.signal(syscall.SIGABRT)
		p.expect("RTMIN+3")
		p.ends(0)
	})
}

// TestSignalWhileSecretsAreResolved: squire ends by it, or with 128 and its number
// as PID 1, which no signal ends.
func TestSignalWhileSecretsAreResolved(t *testing.T) {
	for _, flags := range [][]string{nil, {"--supervise"}} {
		each(t, both(becomes(append(flags, "-f", "fifo")...)), func(t *testing.T, w wrapper) {
			t.Parallel()
			for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGABRT,
				syscall.SIGSYS, syscall.SIGTRAP, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGSTKFLT} {
				var fifo string
				p := w.before("sh", "-c", `ulimit -c 0; exec "$@"`, "sh").start(t, func(cmd *exec.Cmd) {
					fifo = filepath.Join(cmd.Dir, "fifo")
					if err := syscall.Mkfifo(fifo, 0o600); err != nil {
						t.Fatal(err)
					}
				}, "true")
				source, err := os.OpenFile(fifo, os.O_WRONLY, 0) // when squire reads it
				if err != nil {
					t.Fatal(err)
				}
				p.signal(sig)
				want := -int(sig)
				if w.init {
					want = 128 + int(sig)
				}
				p.ends(want)
				p.noDump(sig)
				source.Close()
			}
		})
	}
}
