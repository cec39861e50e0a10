package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// alone is a command that there must never be two of: it holds a folder while
// it runs, and complains where one is there.
const alone = `trap 'rmdir held; kill $!; exit 0' TERM
mkdir held || { echo "two at once" >&3; exit 1; }
echo "started $V" >&3
while :; do sleep 1000 3>&- & wait; done`

func TestWatchNeverRunsTwo(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=0\n")
	p := watching("-f", ".env", "--kill-timeout", "0", "--status-listen", "unix:socket").watch(t, folder, nil, "sh", "-c", alone)
	p.expect("started 0")
	const changes = 50
	for n := range changes {
		p.put(".env", "V="+strconv.Itoa(n+1)+"\n")
	}
	starts := 1
	for last := ""; last != "started "+strconv.Itoa(changes); starts++ {
		if last = p.next(); !strings.HasPrefix(last, "started ") {
			t.Fatal(last)
		}
	}
	if starts > changes+1 {
		t.Errorf("%d starts for %d changes", starts, changes)
	}
	p.signal(syscall.SIGTERM)
	p.ends(0)
	p.silence()
	if _, err := os.Stat(filepath.Join(folder, "held")); err == nil {
		t.Error("the last one was not ended, but killed")
	}
}

// Changes are no failures, however the command ends for them.
func TestWatchChangesAreNoFailures(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=0\n")
	p := watching("-f", ".env", "--restart", "on-failure", "--max-restarts", "1/1h", "--status-listen", "unix:socket").watch(t, folder, nil, says("$V")...)
	p.expect("started 0")
	const changes = 30
	for n := range changes {
		p.put(".env", fmt.Sprintf("V=%d\n", n+1))
		p.restarts(fmt.Sprintf("started %d", n+1))
	}
	s := p.state()
	if s.Child.Restarts != changes || s.Child.Failures != 0 {
		t.Errorf("%+v", s.Child)
	}
	for range 2 { // one failure is allowed, the second is one too many
		if err := syscall.Kill(p.state().Child.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if s.Child.Failures++; s.Child.Failures == 1 {
			p.expect(fmt.Sprintf("started %d", changes))
			p.said("squire: info: started ")
		}
	}
	p.said("squire: warning: sh failed more than 1 times in 1h0m0s; giving up")
	p.ends(137)
	p.silence()
}

// TERM ends it all, whatever a change is about to do.
func TestWatchEndsInTheMiddleOfARestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=1\n")
	const deaf = `trap 'echo "asked to end" >&3' TERM; echo "started $V" >&3; while :; do sleep 1000 & wait; done`
	for _, w := range both(watching("-f", ".env", "--kill-timeout", "300ms", "--restart", "always")) {
		t.Run(strings.ReplaceAll(w.name, " ", "_"), func(t *testing.T) {
			if w.init {
				needNamespaces(t)
			}
			put(t, filepath.Join(folder, ".env"), "V=1\n")
			p := w.watch(t, folder, nil, "sh", "-c", deaf)
			p.expect("started 1")
			p.put(".env", "V=2\n")
			p.expect("asked to end")
			p.signal(syscall.SIGTERM)
			p.ends(128 + int(syscall.SIGKILL))
			for p.lines.Scan() { // TERM may have come a second time; nothing started
				if strings.HasPrefix(p.lines.Text(), "started") {
					t.Error(p.lines.Text())
				}
			}
			if err := p.lines.Err(); err != nil {
				t.Errorf("somebody is left behind: %v", err)
			}
		})
	}
	// Without a TERM the change goes on: the old one is killed, the new one starts.
	put(t, filepath.Join(folder, ".env"), "V=1\n")
	p := watching("-f", ".env", "--kill-timeout", "300ms").watch(t, folder, nil, "sh", "-c", deaf)
	p.expect("started 1")
	p.put(".env", "V=2\n")
	p.expect("asked to end")
	p.said("squire: warning: sh did not end within 300ms; killed")
	p.expect("started 2")
	p.signal(syscall.SIGTERM)
	p.expect("asked to end")
	p.ends(128 + int(syscall.SIGKILL))
	p.silence()
}

// usage is what of the system's a process holds.
type usage struct{ descriptors, threads, kilobytes int }

func usageOf(t *testing.T, pid int) (u usage) {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	u.descriptors = len(entries)
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "Threads: %d", &u.threads)
		_, _ = fmt.Sscanf(line, "VmRSS: %d", &u.kilobytes)
	}
	if u.threads == 0 || u.kilobytes == 0 {
		t.Fatalf("%+v in\n%s", u, status)
	}
	return u
}

func TestWatchHoldsNothing(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		lacks(t, "root", "it looks into a process that keeps others out")
	}
	for _, flags := range [][]string{nil, {"--mask"}} {
		t.Run(strings.Join(flags, "_"), func(t *testing.T) {
			t.Parallel()
			h := &house{t: t, folder: t.TempDir()}
			h.call("secret", "create", "web", "W=1")
			put(t, filepath.Join(h.folder, ".env"), "V=0\n")
			w := watching(append(flags, "-f", ".env", "-s", "web", "--log-level", "warn")...)
			p := w.watchWith(t, h.folder, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, h.environ...) }, says("$V")...)
			p.expect("started 0")
			var at100 usage
			for n := 1; n <= 300; n++ {
				p.put(".env", fmt.Sprintf("V=%d\n", n))
				p.expect(fmt.Sprintf("started %d", n))
				if n == 100 {
					at100 = usageOf(t, p.cmd.Process.Pid)
				}
			}
			at300 := usageOf(t, p.cmd.Process.Pid)
			t.Logf("after 100 changes %+v, after 300 %+v", at100, at300)
			if d := at300.descriptors - at100.descriptors; d > 10 { // some come and go, and 200 would be one a change
				t.Errorf("%d more descriptors", d)
			}
			if d := at300.threads - at100.threads; d > 5 {
				t.Errorf("%d more threads", d)
			}
			if d := at300.kilobytes - at100.kilobytes; d > 3<<10 {
				t.Errorf("%d more kilobytes", d)
			}
			p.end()
		})
	}
}
