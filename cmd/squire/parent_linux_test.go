package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hang is how long anything may take in these tests before it counts as hung.
// Nothing waits for it to pass.
const hang = time.Minute

// A wrapper is what stands in front of a command: squire, or another program
// to compare it with.
type wrapper struct {
	name string
	argv []string
	init bool // as PID 1 of a namespace of its own
}

func squire(flags ...string) wrapper {
	return wrapper{"squire", slices.Concat([]string{squireBinary, "run", "--supervise"}, flags, []string{"--"}), false}
}

func tini() wrapper { return wrapper{"tini", []string{"/usr/bin/tini", "-s", "--"}, false} }

// plain is no wrapper: the command itself.
func plain() wrapper { return wrapper{name: "plain"} }

func (w wrapper) asInit() wrapper {
	w.init, w.name = true, w.name+" as PID 1"
	return w
}

// before has a launcher exec the wrapper.
func (w wrapper) before(launcher ...string) wrapper {
	w.argv = slices.Concat(launcher, w.argv)
	return w
}

// both ways to run a wrapper.
func both(w wrapper) []wrapper { return []wrapper{w, w.asInit()} }

// each runs a test of every wrapper that can be run here.
func each(t *testing.T, all []wrapper, test func(*testing.T, wrapper)) {
	for _, w := range all {
		t.Run(strings.ReplaceAll(w.name, " ", "_"), func(t *testing.T) {
			if strings.HasPrefix(w.name, "tini") {
				if _, err := os.Stat("/usr/bin/tini"); err != nil {
					lacks(t, "tini", "nothing to compare with")
				}
			}
			if w.init {
				needNamespaces(t)
			}
			test(t, w)
		})
	}
}

// namespace makes a process PID 1, as unshare --pid --fork does.
func namespace() *syscall.SysProcAttr {
	sys := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		sys.Cloneflags |= syscall.CLONE_NEWUSER
		sys.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		sys.GidMappings = []syscall.SysProcIDMap{{HostID: gid, Size: 1}}
	}
	return sys
}

// lacks skips a test for what this machine does not have, or fails it where
// SQUIRE_TEST_REQUIRE names that.
func lacks(t *testing.T, what string, why ...any) {
	t.Helper()
	if slices.Contains(strings.Fields(os.Getenv("SQUIRE_TEST_REQUIRE")), what) {
		t.Fatalf("no %s: %s", what, fmt.Sprint(why...))
	}
	t.Skipf("no %s: %s", what, fmt.Sprint(why...))
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		lacks(t, "root", "only root may do what this needs")
	}
}

func needNamespaces(t *testing.T) {
	t.Helper()
	cmd := exec.Command("/bin/true")
	cmd.SysProcAttr = namespace()
	if err := cmd.Run(); err != nil {
		lacks(t, "unshare", "nothing can be PID 1 here: ", err)
	}
}

// running is a wrapper that runs.
type running struct {
	*testing.T
	cmd    *exec.Cmd
	events *os.File // what was said at descriptor 3; at its end nobody is left who could say more
	lines  *bufio.Scanner
	dir    string
	timer  *time.Timer
}

// start starts the wrapper with a command; setup, where it is not nil, changes how.
func (w wrapper) start(t *testing.T, setup func(*exec.Cmd), argv ...string) *running {
	t.Helper()
	argv = slices.Concat(w.argv, argv)
	r, said, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	p := &running{T: t, cmd: exec.Command(argv[0], argv[1:]...), events: r, lines: bufio.NewScanner(r), dir: t.TempDir()}
	p.cmd.Dir, p.cmd.ExtraFiles = p.dir, []*os.File{said}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{}
	if w.init {
		p.cmd.SysProcAttr = namespace()
	}
	p.cmd.SysProcAttr.Setsid = true                          // the tests may be run on a terminal
	stdout, stderr := p.create("stdout"), p.create("stderr") // files: Wait waits for nobody who holds them
	defer stdout.Close()
	defer stderr.Close()
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	if setup != nil {
		setup(p.cmd)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.timer = time.AfterFunc(hang, func() { _ = p.cmd.Process.Kill() })
	_ = r.SetReadDeadline(time.Now().Add(2 * hang))
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_, _ = p.cmd.Process.Wait()
		r.Close()
	})
	return p
}

func (p *running) create(name string) *os.File {
	p.Helper()
	f, err := os.Create(filepath.Join(p.dir, name))
	if err != nil {
		p.Fatal(err)
	}
	return f
}

func (p *running) read(name string) string {
	p.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

// next is the next line that was said.
func (p *running) next() string {
	p.Helper()
	if !p.lines.Scan() {
		p.Fatalf("nothing more is said (%v); it ended with %d; standard error: %s", p.lines.Err(), p.wait(), p.read("stderr"))
	}
	return p.lines.Text()
}

func (p *running) expect(lines ...string) {
	p.Helper()
	for _, want := range lines {
		if got := p.next(); got != want {
			p.Fatalf("said %q, want %q", got, want)
		}
	}
}

// silence is when nobody is left that could say anything, and nothing was said.
func (p *running) silence() {
	p.Helper()
	for p.lines.Scan() {
		p.Errorf("said %q, want nothing", p.lines.Text())
	}
	if err := p.lines.Err(); err != nil {
		p.Fatalf("somebody is left behind: %v", err)
	}
}

func (p *running) signal(sig syscall.Signal) {
	p.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.Fatal(err)
	}
}

// wait returns the exit code, or minus the signal that the wrapper died of.
func (p *running) wait() int {
	p.Helper()
	err := p.cmd.Wait()
	if !p.timer.Stop() {
		p.Fatalf("it hung; standard error: %s", p.read("stderr"))
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && !errors.Is(err, io.ErrClosedPipe) {
		p.Fatal(err)
	}
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		return -int(status.Signal())
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *running) ends(code int) {
	p.Helper()
	if got := p.wait(); got != code {
		p.Errorf("ended with %d, want %d; standard error: %s", got, code, p.read("stderr"))
	}
}

// self is the test binary, which is also a command: see child.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
