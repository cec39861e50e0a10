package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// maskedTo runs a shell's script behind --mask, after what a shell says before.
func maskedTo(t *testing.T, before, script, redirect string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command("bash", "-c", before+` squire run --mask -e K=`+hidden+` -- sh -c "$SCRIPT" `+redirect+`; exit ${PIPESTATUS[0]}`)
	cmd.Env = append(os.Environ(), "SCRIPT="+script, "PATH="+filepath.Dir(squireBinary)+":"+os.Getenv("PATH"))
	cmd.Dir = t.TempDir()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// What comes when the command has ended is passed on as long as somebody has its
// output open, who may be the one that the reader waits for.
func TestMaskPassesOnWhatComesLate(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"output": `(read x <fifo; echo "late $K") & (sleep 0.2; echo go >fifo) >/dev/null 2>&1 & echo now`,
		"error":  `(read x <fifo; echo "late $K" >&2) & (sleep 0.2; echo go >fifo) >/dev/null 2>&1 & echo now`,
		"setsid": `setsid sh -c 'read x <fifo; echo "late $K"' & (sleep 0.2; echo go >fifo) >/dev/null 2>&1 & echo now`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, _, code := maskedTo(t, "mkfifo fifo;", script+"; exit 3", "2>&1 | cat")
			if !strings.HasPrefix(out, "now\nlate ") || strings.Contains(out, hidden) || code != 3 {
				t.Errorf("code %d: %q", code, out)
			}
		})
	}
}

// A daemon that keeps the output open must not keep squire: not longer than
// --kill-timeout, not where TERM comes, not where the command starts again.
func TestMaskDoesNotWaitForADaemon(t *testing.T) {
	t.Parallel()
	const daemon = `sleep 1000 3>&- & echo $! >pid; echo now`
	left := func(p *running) {
		if pid := strings.TrimSpace(p.read("pid")); pid != "" {
			t.Cleanup(func() { _ = exec.Command("kill", "-9", pid).Run() })
		}
	}
	for name, flags := range map[string][]string{
		"timeout": {"--kill-timeout", "200ms"},
		"TERM":    {"--kill-timeout", "0"},
		"restart": {"--restart", "on-failure", "--max-restarts", "1/1m", "--kill-timeout", "0"},
		"group":   {"--kill-group=descendants"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script, want := `(while kill -0 $$ 2>&-; do sleep 0.01; done; echo over >&3) & `+daemon, 0
			if name == "restart" {
				script, want = daemon+"; exit 4", 4
			}
			p := squire(append([]string{"--mask", "-e", "K=" + hidden}, flags...)...).start(t, nil, "sh", "-c", script)
			if name == "TERM" {
				p.expect("over")
				p.signal(syscall.SIGTERM)
			}
			p.ends(want)
			left(p)
			if out := p.read("stdout"); !strings.HasPrefix(out, "now\n") {
				t.Errorf("%q", out)
			}
			if said := p.read("stderr"); (name == "timeout") != strings.Contains(said, "keep its output open") {
				t.Error(said)
			}
		})
	}
	t.Run("PID 1", func(t *testing.T) {
		needNamespaces(t)
		squire("--mask", "-e", "K="+hidden, "--kill-timeout", "0").asInit().start(t, nil, "sh", "-c", daemon).ends(0)
	})
}

// What cannot be written is said, once, and the code is not 0.
func TestMaskSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	const line = "squire: error: standard output cannot be written, and what the command prints is lost: "
	for name, c := range map[string]struct {
		before, script, redirect string
		code                     int
		said                     string
	}{
		"full":      {"", `echo one; echo two; sleep 0.1; echo three`, ">/dev/full", 125, line + "no space left on device\n"},
		"its code":  {"", `echo one; exit 3`, ">/dev/full", 3, line + "no space left on device\n"},
		"error":     {"", `echo one >&2`, "2>/dev/full", 125, ""},
		"both":      {"", `echo one >&2`, ">/dev/full 2>&1", 125, ""},
		"nothing":   {"", `exit 0`, ">/dev/full 2>&1", 0, ""},
		"it lives":  {"", `echo one; sleep 0.1; echo two; kill -0 $$ && echo alive >&2`, ">/dev/full", 125, "alive\n" + line + "no space left on device\n"},
		"limit":     {"ulimit -f 1;", `exec yes`, ">file", 128 + int(syscall.SIGXFSZ), line + "file too large\n"}, // the signal is forwarded
		"read-only": {"", `echo one`, "1</dev/null", 125, line + "bad file descriptor\n"},
		"no reader": {"", `yes $K`, "| head -1 >/dev/null", 141, ""},
		"ignored":   {"", `trap "" PIPE; echo $K; sleep 0.1; yes 2>/dev/null; exit 5`, "| head -1 >/dev/null", 5, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, said, code := maskedTo(t, c.before, c.script, c.redirect)
			if name == "it lives" { // the two come by different ways
				said = strings.Join(slices.Sorted(slices.Values(strings.SplitAfter(said, "\n"))), "")
			}
			if code != c.code || said != c.said {
				t.Errorf("code %d, said %q; want %d, %q", code, said, c.code, c.said)
			}
		})
	}
}

// A disk that was full and has room again takes what follows.
func TestMaskOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		lacks(t, "tmpfs", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	file := filepath.Join(dir, "file")
	_, said, code := maskedTo(t, "", `head -c 200000 /dev/zero; until grep -q "is lost" said; do sleep 0.01; done; : >`+file+`; echo "after $K"`, ">>"+file+" 2>said")
	got, err := os.ReadFile(file)
	if err != nil || !bytes.HasSuffix(got, []byte("\n")) || !bytes.Contains(got, []byte("after ")) || code != 125 || said != "" {
		t.Errorf("code %d, %q: %.100q, %v", code, said, got, err)
	}
}

// An output that does not block is waited for, and nothing is lost.
func TestMaskOnAnOutputThatDoesNotBlock(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	const size = 1 << 20
	cmd := exec.Command(squireBinary, "run", "--mask", "-e", "K="+hidden, "--", "head", "-c", "1048576", "/dev/zero")
	cmd.Stdout = w
	if err := syscall.SetNonblock(int(w.Fd()), true); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if n, err := io.Copy(io.Discard, r); n != size || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// A terminal that is hung up takes nothing more; squire ends.
func TestMaskOnATerminalThatHangsUp(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"echo ready; exec sleep 1000", `trap "" HUP; echo ready; while echo more; do sleep 0.01; done; exit 6`} {
		cmd := exec.Command(squireBinary, "run", "--mask", "-e", "K="+hidden, "--", "sh", "-c", script)
		f, err := pty.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		for b := make([]byte, 1); string(b) != "y"; {
			if _, err := f.Read(b); err != nil {
				t.Fatal(err)
			}
		}
		f.Close()
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s: ended with 0", script)
		}
	}
}
