package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reading is a command that tries to read its parent's environment.
const reading = `cat /proc/$PPID/environ >/dev/null 2>&1 && echo readable >&3 || echo hidden >&3; echo "token ${SQUIRE_TOKEN-none}" >&3; exit 0`

func TestParentHidesItsEnvironment(t *testing.T) {
	if os.Getuid() != 0 {
		lacks(t, "root", "squire and its command run as users of its choice")
	}
	if err := os.Chmod(filepath.Dir(squireBinary), 0o755); err != nil { // others are to run it
		t.Fatal(err)
	}
	nobody := func(cmd *exec.Cmd) {
		cmd.Dir, cmd.Env = "/", append(os.Environ(), "SQUIRE_TOKEN=hunter2", "HOME=/nonexistent")
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	token := func(cmd *exec.Cmd) { cmd.Env = append(os.Environ(), "SQUIRE_TOKEN=hunter2") }

	// Without squire the same user can read it: else this tests nothing.
	p := plain().start(t, nobody, "sh", "-c", `sh -c "$1"; :`, "sh", reading)
	p.expect("readable", "token hunter2")
	p.ends(0)

	p = squire().start(t, nobody, "sh", "-c", reading) // not as PID 1: /proc is that of another namespace there
	p.expect("hidden", "token none")
	p.ends(0)

	p = squire().start(t, token, "setpriv", "--reuid", "65534", "--clear-groups", "sh", "-c", reading)
	p.expect("hidden", "token none")
	p.ends(0)
}

// What a command inherits is what it would have without squire.
func TestParentAddsNothingOfItsOwn(t *testing.T) {
	inherited := func(w wrapper) string {
		p := w.before(launcher("ulimit -Sn 77; umask 027; ulimit -c 0")...).start(t, nil, "sh", "-c",
			"ulimit -Sn; ulimit -Hn; ulimit -c; umask; nice; ls /proc/self/fd; exit 0")
		p.ends(0)
		return p.read("stdout")
	}
	want := inherited(plain())
	each(t, both(squire()), func(t *testing.T, w wrapper) {
		if d := cmp.Diff(want, inherited(w)); d != "" {
			t.Error(d)
		}
		p := w.start(t, nil, "sh", "-c", "pwd >&3")
		p.expect(p.dir)
		p.ends(0)
	})
}
