package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestParentEndsWithTheExitCode(t *testing.T) {
	each(t, append(both(squire()), both(tini())...), func(t *testing.T, w wrapper) {
		t.Parallel()
		for code := range 256 {
			w.start(t, nil, "sh", "-c", "exit "+strconv.Itoa(code)).ends(code)
		}
	})
}

func TestParentEndsWith128AndTheSignal(t *testing.T) {
	each(t, append(both(squire()), both(tini())...), func(t *testing.T, w wrapper) {
		t.Parallel()
		for sig := syscall.Signal(1); sig <= 31; sig++ {
			switch sig {
			case syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGURG, syscall.SIGWINCH, // nobody dies of these
				syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU:
				continue
			}
			w.start(t, nil, "sh", "-c", fmt.Sprintf("ulimit -c 0; kill -%d $$", sig)).ends(128 + int(sig))
		}
	})
}

func TestParentOfNoCommand(t *testing.T) {
	dir := t.TempDir()
	file, orphan := filepath.Join(dir, "file"), filepath.Join(dir, "orphan")
	if err := os.WriteFile(file, []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(orphan, []byte("#!"+filepath.Join(dir, "nowhere")+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		about string
		flags []string
		argv  []string
		code  int
	}{
		{"no such name", nil, []string{"no-such-command"}, 127},
		{"no such path", nil, []string{filepath.Join(dir, "nowhere")}, 127},
		{"a file that is no program", nil, []string{file}, 126},
		{"a folder", nil, []string{dir}, 126},
		{"its interpreter is missing", nil, []string{orphan}, 126},
		{"the same, to be restarted", []string{"--restart", "always"}, []string{orphan}, 126},
		{"no command", nil, nil, 125},
		{"no such flag", []string{"--no-such-flag"}, []string{"true"}, 125},
		{"no such signal", []string{"--kill-signal", "NONE"}, []string{"true"}, 125},
		{"a signal that nobody can forward", []string{"--forward-signals", "KILL"}, []string{"true"}, 125},
		{"no source", []string{"-f", filepath.Join(dir, "nowhere")}, []string{"true"}, 125},
	} {
		each(t, both(squire(c.flags...)), func(t *testing.T, w wrapper) {
			p := w.start(t, nil, c.argv...)
			if p.ends(c.code); !strings.HasPrefix(p.read("stderr"), "squire: error: ") {
				t.Errorf("%s: %q", c.about, p.read("stderr"))
			}
			if p.silence(); t.Failed() {
				t.Errorf("at: %s", c.about)
			}
		})
	}
}
