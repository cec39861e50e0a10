package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// oneFault is what squire says of a limit.
var oneFault = regexp.MustCompile(`^squire: error: [^\n]*\(([^\n]*)\)[^\n]*\nsquire: hint: [^\n]*squire help troubleshooting\n$`)

// parentOf is a run that needs all that a parent may have.
const parentOf = "--watch --mask --status-listen unix:socket -f env"

// runLimited runs squire by a script that sets a limit. It either runs the command,
// or says in one line what there is too little of; which is returned.
func runLimited(t *testing.T, limit, flags string, credential *syscall.Credential) string {
	t.Helper()
	dir := t.TempDir()
	for d := dir; credential != nil && strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(dir, "squire")
	if err := os.Link(squireBinary, binary); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "env"), "A=1")
	for _, path := range []string{dir, filepath.Join(dir, "env")} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-c", `for fd in {3..20}; do eval "exec $fd>&-"; done; `+limit+` || exit 99; exec ./squire run `+flags+` -- /bin/true`)
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: credential}
	stderr, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	cmd.Stderr = stderr
	err = cmd.Run()
	text, _ := os.ReadFile(stderr.Name())
	found := oneFault.FindSubmatch(text)
	switch code := cmd.ProcessState.ExitCode(); {
	case code == 0 && len(text) == 0:
		return ""
	case code == 125 && found != nil:
		return string(found[1])
	}
	t.Errorf("%s, %s: %v: %s", limit, flags, err, text)
	return ""
}

func TestSmallLimits(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		lacks(t, "bash", "its ulimit knows all limits")
	}
	for _, c := range []struct {
		limit      string
		exec, both int // the first value from which it works, as a parent too
		says       string
		values     []int
	}{
		{"ulimit -n %d", 11, 19, "ulimit -n", []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 18, 19}},
		{"ulimit -v %d", 900000, 900000, "ulimit -v", []int{60000, 100000, 500000, 750000, 899999, 900000, 1149999}},
		{"ulimit -v %d", 1420000, 1420000, "ulimit -v", []int{1150000, 1200000, 1419999, 1420000, 2000000}},
		{"ulimit -d %d", 100000, 100000, "ulimit -d", []int{50000, 99999, 100000, 200000}},
		{"ulimit -f %d", 0, 0, "", []int{0}},
		{"ulimit -c %d", 0, 0, "", []int{0}},
		{"ulimit -s %d", 64, 64, "", []int{64}},
		{"ulimit -t %d", 10, 10, "", []int{10}},
	} {
		for _, n := range c.values {
			for flags, works := range map[string]bool{"-f env": n >= c.exec, parentOf: n >= c.both} {
				limit := fmt.Sprintf(c.limit, n)
				if says := runLimited(t, limit, flags, nil); works != (says == "") || !strings.Contains(c.says, says) {
					t.Errorf("%s, %s: it says %q", limit, flags, says)
				}
			}
		}
	}
}

// Processes, threads included: the cgroup's limit is root's, too.
func TestSmallLimitsOfProcesses(t *testing.T) {
	check := func(t *testing.T, limit func(n int) string, credential *syscall.Credential, values ...int) {
		for _, n := range values {
			for flags, works := range map[string]bool{"-f env": n >= 8, "--supervise": n >= 16, parentOf: n >= 16} {
				if says := runLimited(t, limit(n), flags, credential); works != (says == "") || !strings.Contains("pids.max of the cgroup, or ulimit -u", says) {
					t.Errorf("%s, %s: it says %q", limit(n), flags, says)
				}
			}
		}
	}
	needRoot(t)
	t.Run("cgroup", func(t *testing.T) {
		group := pidsCgroup(t)
		check(t, func(n int) string {
			return fmt.Sprintf("echo %d >%s/pids.max && echo $$ >%s/cgroup.procs", n, group, group)
		}, nil, 1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 20)
	})
	t.Run("cgroup with others", func(t *testing.T) {
		const others = 120
		group := pidsCgroup(t)
		for range others {
			cmd := exec.Command("sleep", "1000")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}()
			if err := os.WriteFile(group+"/cgroup.procs", []byte(strconv.Itoa(cmd.Process.Pid)), 0); err != nil {
				t.Fatal(err)
			}
		}
		check(t, func(n int) string {
			return fmt.Sprintf("echo %d >%s/pids.max && echo $$ >%[2]s/cgroup.procs", others+n, group)
		}, nil, 2, 7, 8, 15, 16)
	})
	t.Run("ulimit", func(t *testing.T) {
		// A user who has no other process.
		check(t, func(n int) string { return fmt.Sprintf("ulimit -u %d", n) }, &syscall.Credential{Uid: 64321, Gid: 64321}, 1, 4, 7, 8, 16, 300)
	})
}

// pidsCgroup makes a cgroup that counts processes.
func pidsCgroup(t *testing.T) string {
	t.Helper()
	for _, top := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup"} {
		dir, err := os.MkdirTemp(top, "squire-test-")
		if err != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(dir) })
		if _, err := os.Stat(dir + "/pids.max"); err == nil {
			return dir
		}
	}
	lacks(t, "cgroup", "none that counts processes can be written")
	return ""
}

// A command that takes every process that there may be does not end its parent,
// which may then make no thread.
func TestParentOfOneThatTakesAllProcesses(t *testing.T) {
	needRoot(t)
	group := pidsCgroup(t)
	w := squire("--watch", "--debounce=0", "-f", "env", "--status-listen", "unix:socket").before("sh", "-c", "echo 24 >"+group+"/pids.max; echo $$ >"+group+`/cgroup.procs; exec "$@"`, "sh")
	p := w.start(t, func(cmd *exec.Cmd) { put(t, filepath.Join(cmd.Dir, "env"), "K=0") },
		"sh", "-c", `(while :; do sleep 1000 3>&- & done) 2>/dev/null; echo full $K >&3; exec sleep 1000`)
	p.expect("full 0")
	for k := range 5 {
		put(t, filepath.Join(p.dir, "env"), fmt.Sprintf("K=%d", k+1))
		p.expect(fmt.Sprintf("full %d", k+1))
	}
	p.signal(syscall.SIGTERM)
	p.ends(128 + int(syscall.SIGTERM))
	all, err := os.ReadFile(group + "/cgroup.procs")
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range strings.Fields(string(all)) { // what it has left in its own group
		if pid, err := strconv.Atoi(pid); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
