package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/squire-env/squire/inject/signals"
)

// stepped has a wrapper need a step: it is started to ignore HUP.
func (w wrapper) stepped() wrapper {
	return w.before("bash", "-c", `trap "" HUP; exec "$@"`, "bash")
}

// TestStepDoesNotReadTheCommandsVariables: Go's runtime would obey some of them,
// and print what it cannot read, with the value.
func TestStepDoesNotReadTheCommandsVariables(t *testing.T) {
	const canary = "S3cr3tCanary"
	for _, entry := range []string{
		"GOMEMLIMIT=" + canary, "GODEBUG=fips140=" + canary, "GODEBUG=inittrace=1", "GODEBUG=gctrace=1,schedtrace=1",
		"GOGC=" + canary, "GOTRACEBACK=" + canary, "GOMAXPROCS=" + canary, "GORACE=" + canary, "GO=" + canary, "G=" + canary,
	} {
		name, value, _ := strings.Cut(entry, "=")
		p := squire("-f", "env").stepped().start(t, func(cmd *exec.Cmd) {
			put(t, filepath.Join(cmd.Dir, "env"), entry)
		}, "printenv", name)
		p.ends(0)
		if out, said := p.read("stdout"), p.read("stderr"); out != value+"\n" || said != "" {
			t.Errorf("%s: the command has %q; it says %q", entry, out, said)
		}

		p = squire("-f", "env").stepped().start(t, func(cmd *exec.Cmd) {
			put(t, filepath.Join(cmd.Dir, "env"), entry)
			script := filepath.Join(cmd.Dir, "script")
			if err := os.WriteFile(script, []byte("#!/nowhere\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, "./script")
		p.ends(126)
		if said := p.read("stderr"); !strings.HasPrefix(said, "squire: error: ./script") || strings.Contains(said, canary) {
			t.Errorf("%s: it says %q", entry, said)
		}
	}
}

// TestStepKeepsTheEnvironment: order and bytes are what they are without a step.
func TestStepKeepsTheEnvironment(t *testing.T) {
	environ := func(w wrapper) string {
		p := w.start(t, func(cmd *exec.Cmd) {
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GOGC=100", "\xc3\x89T\xc3\x89=1", "\xc3\x80=2", "\xb7O=3", "GO=4", "\xb7=5", "G=", "GOGO=GO", "Z=6", "A=7"}
		}, "cat", "/proc/self/environ")
		p.ends(0)
		return strings.ReplaceAll(p.read("stdout"), p.dir, "")
	}
	if got, want := environ(squire().stepped()), environ(squire().before("bash", "-c", `exec "$@"`, "bash")); got != want || !strings.Contains(got, "\x00GOGO=GO\x00") {
		t.Errorf("with a step %q, without %q", got, want)
	}
}

// TestSignalsDuringAStep: what comes before the command is there ends it, as it
// would have ended what has not yet handled anything.
func TestSignalsDuringAStep(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGQUIT, syscall.SIGALRM, syscall.SIGABRT, syscall.SIGINT, syscall.SIGSTKFLT, syscall.SIGPROF, syscall.SIGSEGV, 40} {
		for range 4 {
			p := squire().startedWith(t, handedOn{ignored: signals.Of(syscall.SIGHUP)}).start(t, nil, "sleep", "1000")
			for !p.hasChild() {
			}
			p.signal(sig)
			p.ends(128 + int(sig))
			if said := p.read("stderr"); said != "" {
				t.Errorf("at %v it says %.200q", sig, said)
			}
			p.silence()
		}
	}
}

func (p *running) hasChild() bool {
	all, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	return err == nil && slices.ContainsFunc(all, func(path string) bool {
		children, err := os.ReadFile(path)
		return err == nil && len(children) > 0
	})
}

// TestStepOfAFileWithCapabilities: for such a file the kernel forgets that the
// step is to die with its parent, and Go's runtime adds a variable.
func TestStepOfAFileWithCapabilities(t *testing.T) {
	dir := t.TempDir()
	for d := dir; strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	capable := filepath.Join(dir, "squire")
	if out, err := exec.Command("cp", squireBinary, capable).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if os.Getuid() != 0 || exec.Command("setcap", "cap_ipc_lock+ep", capable).Run() != nil {
		lacks(t, "setcap", "no file can have capabilities here")
	}
	w := wrapper{"squire", []string{capable, "run", "--supervise", "--"}, false}
	p := w.stepped().start(t, func(cmd *exec.Cmd) {
		cmd.Dir, cmd.Env = "/", []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}, "sh", "-c", "echo ready >&3; exec sleep 1000")
	p.expect("ready")
	p.signal(syscall.SIGKILL)
	p.ends(-int(syscall.SIGKILL))
	p.silence()
}
