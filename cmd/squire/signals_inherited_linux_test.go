package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/signals"
)

// handedOn is what a process is started with.
type handedOn struct{ ignored, blocked signals.Set }

// everySignal can be ignored.
const everySignal = ^signals.Set(1<<(syscall.SIGKILL-1) | 1<<(syscall.SIGSTOP-1))

// startedWith has a launcher start a wrapper so.
func (w wrapper) startedWith(t *testing.T, h handedOn) wrapper {
	return w.before(self(t), "child:handon", fmt.Sprint(uint64(h.ignored)), fmt.Sprint(uint64(h.blocked)), "--")
}

func becomes(flags ...string) wrapper {
	return wrapper{"squire without a parent", slices.Concat([]string{squireBinary, "run"}, flags, []string{"--"}), false}
}

func env() wrapper { return wrapper{"env", []string{"/usr/bin/env"}, false} }

var statusLines = regexp.MustCompile(`Sig(?:Blk|Ign):\s+([0-9a-f]+)`)

// status is what a command finds in /proc/self/status.
func status(t *testing.T, text string) (h handedOn) {
	t.Helper()
	found := statusLines.FindAllStringSubmatch(text, -1)
	if len(found) != 2 {
		t.Fatalf("no status: %q", text)
	}
	for i, to := range []*signals.Set{&h.blocked, &h.ignored} {
		if _, err := fmt.Sscanf(found[i][1], "%x", to); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// TestInheritedSignals holds that the command ignores and blocks the signals that
// squire was started to, as it does behind env(1).
func TestInheritedSignals(t *testing.T) {
	cases := []handedOn{{}, {ignored: everySignal}, {blocked: everySignal}, {everySignal, everySignal}}
	for sig := syscall.Signal(1); sig <= signals.Last; sig++ {
		if everySignal.Has(sig) {
			cases = append(cases, handedOn{ignored: signals.Of(sig)}, handedOn{blocked: signals.Of(sig)})
		}
	}
	mask := squire("--mask")
	mask.name = "squire --mask"
	each(t, []wrapper{env(), becomes(), squire(), squire().asInit(), mask}, func(t *testing.T, w wrapper) {
		t.Parallel()
		for _, h := range cases {
			p := w.startedWith(t, h).start(t, nil, "cat", "/proc/self/status")
			p.ends(0)
			got := status(t, p.read("stdout"))
			if h.ignored == signals.Of(33) && slices.Contains(w.argv, "--supervise") {
				got.ignored |= h.ignored // alone, it is not worth a second start
			}
			if got != h {
				t.Errorf("started with %x, the command has %x", h, got)
			}
		}
	})
}

// TestInheritedSignalsAtEachStart: a restart and a hook have them, too, and the
// parent takes what it forwards all the same.
func TestInheritedSignalsAtEachStart(t *testing.T) {
	h := handedOn{ignored: everySignal &^ signals.Of(syscall.SIGCHLD)} // which sh resets
	p := squire("--restart", "always", "--max-restarts", "1/1h").startedWith(t, h).start(t, nil, "sh", "-c", "cat /proc/self/status; exit 3")
	p.ends(3)
	first, second, _ := strings.Cut(p.read("stdout"), "\nName:")
	for _, text := range []string{first, second} {
		if got := status(t, text); got != h {
			t.Errorf("started with %x, the command has %x", h, got)
		}
	}

	p = squire().startedWith(t, h).start(t, nil, self(t), "child:signals", "TERM")
	p.expect("ready")
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGTERM} {
		p.signal(sig)
		p.expect(change.SignalName(sig))
	}
	p.ends(0)

	p = squire("--watch", "--on-change", "exec:cat /proc/self/status", "--debounce", "0s", "-f", "env").startedWith(t, h).start(t, func(cmd *exec.Cmd) {
		if err := os.WriteFile(cmd.Dir+"/env", []byte("A=1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}, "sh", "-c", "echo A=2 >env; until grep -q SigIgn stderr; do :; done")
	p.ends(0)
	if got := status(t, p.read("stderr")); got != h {
		t.Errorf("started with %x, the hook has %x", h, got)
	}
}

// TestBrokenPipe is what people see of it.
func TestBrokenPipe(t *testing.T) {
	for _, command := range []string{"env", squireBinary + " run --", squireBinary + " run --supervise --log-level info --"} {
		out, err := exec.Command("bash", "-c", `(trap '' PIPE; `+command+` yes 2>&- | head -1; echo ${PIPESTATUS[0]})`).Output()
		if err != nil || string(out) != "y\n1\n" {
			t.Errorf("%s: %q (%v)", command, out, err)
		}
	}
}

// TestWithoutTheEntry builds squire as go install does: what systemd ignores, and
// what Go leaves alone, is still ignored.
func TestWithoutTheEntry(t *testing.T) {
	plain := t.TempDir() + "/squire"
	build := exec.Command("go", "build", "-o", plain, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kept := signals.Of(syscall.SIGHUP, syscall.SIGINT, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, 32, 34)
	pipe := signals.Of(syscall.SIGPIPE)
	for _, c := range []struct {
		environ       string
		ignored, want signals.Set
	}{
		{"", everySignal, kept},
		{"", pipe, 0},
		{"INVOCATION_ID=1", 0, pipe},
		{"JOURNAL_STREAM=8:1", everySignal, kept | pipe},
	} {
		w := wrapper{"plain", []string{plain, "run", "--"}, false}
		p := w.startedWith(t, handedOn{ignored: c.ignored}).start(t, func(cmd *exec.Cmd) {
			cmd.Env = append(os.Environ(), strings.Fields(c.environ)...)
		}, "cat", "/proc/self/status")
		p.ends(0)
		if got := status(t, p.read("stdout")); got.ignored != c.want {
			t.Errorf("%+v: the command ignores %x", c, got.ignored)
		}
	}
}

// TestEntryOnARM runs squire for arm64 on an emulated processor.
func TestEntryOnARM(t *testing.T) {
	emulator, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		lacks(t, "qemu", err)
	}
	arm := t.TempDir() + "/squire"
	build := exec.Command("go", "build", "-ldflags=-E squire_entry", "-o", arm, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOARCH=arm64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h := handedOn{signals.Of(syscall.SIGPIPE, syscall.SIGTERM, 37), signals.Of(syscall.SIGUSR1)}
	p := wrapper{"arm64", []string{emulator, arm, "run", "--"}, false}.startedWith(t, h).start(t, nil, "cat", "/proc/self/status")
	p.ends(0)
	if got := status(t, p.read("stdout")); got != h {
		t.Errorf("started with %x, the command has %x", h, got)
	}
}
