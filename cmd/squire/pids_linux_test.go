package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// activated has a launcher set what systemd does, with its own pid, which is
// going to be the wrapper's.
func (w wrapper) activated() wrapper {
	return w.before("sh", "-c", `LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_PIDFDID=7 WATCHDOG_PID=$$ SYSTEMD_EXEC_PID=$$ MAINPID=$$ OTHER_PID=1000000 exec "$@"`, "sh")
}

// TestPIDsInVariables: the variables by which systemd says whom its sockets and
// its watchdog are for name the command, as they do behind env(1).
func TestPIDsInVariables(t *testing.T) {
	const command = `test "$LISTEN_PID,$WATCHDOG_PID,$SYSTEMD_EXEC_PID,$LISTEN_FDS,$OTHER_PID" = "$$,$$,$$,1,1000000" && echo right || env`
	wrappers := append([]wrapper{env(), becomes(), squire("--mask"), squire("--log-level", "info")}, both(squire())...)
	each(t, wrappers, func(t *testing.T, w wrapper) {
		p := w.activated().start(t, nil, "sh", "-c", command)
		p.ends(0)
		if out := p.read("stdout"); out != "right\n" {
			t.Errorf("the command has %s", out)
		}
	})

	// each start has its own pid
	p := squire("--restart", "on-failure", "--max-restarts", "1/1h").activated().start(t, nil, "sh", "-c", command+"; exit 3")
	p.ends(3)
	if out := p.read("stdout"); out != "right\nright\n" {
		t.Errorf("after a restart: %s", out)
	}

	// wherever they come from; another's pid stays, and so does what a hook has
	p = wrapper{"", []string{"sh", "-c", `exec ` + squireBinary + ` run --supervise --clean -e LISTEN_PID=$$ -e LISTEN_FDS=1 -e WATCHDOG_PID=1000000 -- "$@"`, "sh"}, false}.
		start(t, nil, "/bin/sh", "-c", `test "$LISTEN_PID,$LISTEN_FDS,$WATCHDOG_PID" = "$$,1,1000000"`)
	p.ends(0)
}

// TestPIDsWithoutACommand: the file was there when it was looked for.
func TestPIDsWithoutACommand(t *testing.T) {
	script := t.TempDir() + "/script"
	if err := os.WriteFile(script, []byte("#!/nowhere\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := squire().activated().start(t, nil, script)
	p.ends(126)
	if text := p.read("stderr"); !strings.HasPrefix(text, "squire: error: ") || strings.Count(text, "error:") != 1 {
		t.Errorf("%q", text)
	}
}

// TestPIDsWithoutProc: the command starts all the same, and a warning says what
// it lacks.
func TestPIDsWithoutProc(t *testing.T) {
	if os.Getuid() != 0 || exec.Command("unshare", "-m", "umount", "-l", "/proc").Run() != nil {
		lacks(t, "unshare", "/proc cannot be taken away here")
	}
	p := squire().activated().before("unshare", "-m", "sh", "-c", `umount -l /proc; exec "$@"`, "sh").start(t, nil, "sh", "-c", "exit 7")
	p.ends(7)
	if text := p.read("stderr"); !strings.HasPrefix(text, "squire: warning: squire cannot start itself as /proc/self/exe (no such file or directory): sh does not") {
		t.Errorf("%q", text)
	}
}

// TestSocketActivation is systemd's own tool.
func TestSocketActivation(t *testing.T) {
	tool, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		lacks(t, "systemd-socket-activate", err)
	}
	for _, w := range []wrapper{env(), becomes(), squire()} {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := free.Addr().String()
		free.Close()
		cmd := exec.Command(tool, slices.Concat([]string{"-l", address}, w.argv, []string{self(t), "child:socket"})...)
		said, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var line string
		_, _ = fmt.Fscanln(said, &line) // it listens
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		var hello string
		if _, err := fmt.Fscanln(c, &hello); err != nil || hello != "hello" {
			t.Errorf("%s: %q, %v", w.name, hello, err)
		}
		c.Close()
		_ = cmd.Wait()
	}
}
