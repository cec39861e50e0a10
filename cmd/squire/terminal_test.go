//go:build linux

package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// terminal runs squire on a pseudo-terminal. What is typed is sent at once:
// the line discipline keeps it until it is asked for.
type terminal struct {
	t   *testing.T
	env []string
	dir string
}

func newTerminal(t *testing.T) *terminal {
	dir := t.TempDir()
	return &terminal{t, append(os.Environ(), "SQUIRE_DATA_DIR="+filepath.Join(dir, "data"), "SQUIRE_MASTER_KEY_FILE="+filepath.Join(dir, "key"), "VISUAL="), dir}
}

func (m *terminal) start(env []string, args ...string) (*exec.Cmd, *os.File) {
	m.t.Helper()
	cmd := exec.Command(squireBinary, args...)
	cmd.Env, cmd.Dir = append(m.env, env...), m.dir
	f, err := pty.Start(cmd)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { f.Close() })
	return cmd, f
}

func (m *terminal) run(typed string, env []string, args ...string) (string, int) {
	m.t.Helper()
	cmd, f := m.start(env, args...)
	if _, err := io.WriteString(f, typed); err != nil {
		m.t.Fatal(err)
	}
	var out bytes.Buffer
	_, err := io.Copy(&out, f)
	if err != nil && !errors.Is(err, syscall.EIO) { // EIO is how a pty says that the other side is gone
		m.t.Fatal(err)
	}
	_ = cmd.Wait()
	return out.String(), cmd.ProcessState.ExitCode()
}

func (m *terminal) editor(body string) string {
	m.t.Helper()
	path := filepath.Join(m.dir, "editor")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		m.t.Fatal(err)
	}
	return path
}

func TestEditor(t *testing.T) {
	m := newTerminal(t)
	seen := filepath.Join(m.dir, "seen")
	editor := m.editor(`{ echo "$2"; stat -c %a "$2" "$(dirname "$2")"; } >` + seen + `; printf 'typed in an editor\n' >"$2"`)
	out, code := m.run("", []string{"EDITOR=" + editor + "  --wait"}, "secret", "create", "db", "K=-")
	if code != 0 || !strings.Contains(out, "the final newline was dropped") {
		t.Fatalf("code %d: %s", code, out)
	}
	said, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(said))
	if lines[1] != "600" || lines[2] != "700" {
		t.Errorf("modes %s and %s", lines[1], lines[2])
	}
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() && !strings.HasPrefix(lines[0], "/dev/shm/") {
		t.Errorf("%s is not in memory", lines[0])
	}
	gone(t, lines[0])
	if out, code := m.run("", nil, "secret", "get", "db", "K"); code != 0 || out != "typed in an editor\r\n" {
		t.Errorf("a terminal gets a newline: code %d, %q", code, out)
	}

	failing := m.editor(`echo "$1" >` + seen + `; exit 3`)
	if out, code := m.run("", []string{"EDITOR=" + failing}, "secret", "update", "db", "K=-"); code != 1 || !strings.Contains(out, "nothing was stored") {
		t.Errorf("an editor that fails: code %d: %s", code, out)
	}
	said, _ = os.ReadFile(seen)
	gone(t, strings.TrimSpace(string(said)))
}

// A signal that ends squire while the editor is open leaves no file either.
func TestEditorFileGoesWhenSquireIsEnded(t *testing.T) {
	m := newTerminal(t)
	fifo := filepath.Join(m.dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	editor := m.editor(`echo half >"$1"; echo "$1" >` + fifo + `; exec sleep 1000`)
	for how, signal := range map[string]syscall.Signal{"": syscall.SIGTERM, " ": syscall.SIGHUP, "E=1 ": syscall.SIGTERM} { // itself, and by a shell
		cmd, f := m.start([]string{"EDITOR=" + how + editor}, "secret", "create", "db", "K=-")
		path, err := os.ReadFile(fifo) // returns when the editor is there
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		out, _ := io.ReadAll(f)
		if err := cmd.Wait(); err == nil || !strings.Contains(string(out), "nothing was stored") {
			t.Errorf("%s: %v: %s", signal, err, out)
		}
		gone(t, strings.TrimSpace(string(path)))
	}
}

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(filepath.Dir(path)); path == "" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%q is left behind: %v", path, err)
	}
}

func TestDeleteAsks(t *testing.T) {
	m := newTerminal(t)
	if out, code := m.run("", nil, "secret", "create", "db", "K=1"); code != 0 {
		t.Fatal(out)
	}
	if out, code := m.run("n\n", nil, "secret", "delete", "db"); code != 1 || !strings.Contains(out, "Delete secret main/db and all its versions? [y/N]") {
		t.Errorf("no: code %d: %s", code, out)
	}
	if out, code := m.run("\n", nil, "secret", "delete", "db"); code != 1 {
		t.Errorf("the default is no: code %d: %s", code, out)
	}
	if out, code := m.run("y\n", nil, "secret", "delete", "db"); code != 0 {
		t.Errorf("yes: code %d: %s", code, out)
	}
	if out, code := m.run("", nil, "secret", "info", "db"); code != 1 {
		t.Errorf("still there: code %d: %s", code, out)
	}
}

// A terminal would show the values of an import, and keep them.
func TestImportIsNotTyped(t *testing.T) {
	m := newTerminal(t)
	for _, flag := range []string{"--from-dotenv", "--from-json"} {
		out, code := m.run("", nil, "secret", "create", "db", flag, "-")
		if code != 2 || !strings.Contains(out, flag+" -: standard input is a terminal") || !strings.Contains(out, "hint: "+flag+" - < FILE") {
			t.Errorf("code %d: %s", code, out)
		}
	}
}
