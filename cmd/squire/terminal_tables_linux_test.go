package main

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// sized runs squire on a terminal with so many columns.
func (m *terminal) sized(columns uint16, env []string, args ...string) string {
	m.t.Helper()
	cmd := exec.Command(squireBinary, args...)
	cmd.Env, cmd.Dir = append(m.env, env...), m.dir
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	_, _ = io.Copy(&out, f) // EIO is its end
	if err := cmd.Wait(); err != nil {
		m.t.Fatalf("squire %v: %v\n%s", args, err, out.String())
	}
	return strings.ReplaceAll(out.String(), "\r\n", "\n")
}

// Every table fits the terminal; on a pipe it is complete.
func TestTablesFitTheTerminal(t *testing.T) {
	m := newTerminal(t)
	long := strings.Repeat("n", 64)
	m.sized(80, nil, "environment", "create", long)
	keys := []string{"secret", "create", long}
	for _, k := range "ABCDEFGHIJ" {
		keys = append(keys, "A_RATHER_LONG_KEY_"+string(k)+"=1")
	}
	m.sized(80, nil, keys...)
	m.sized(80, nil, "secret", "create", long+"/"+long, "K=1")
	m.sized(80, nil, "token", "create", long, "--names", "a-pattern-*,b-pattern-*", "--expires", "90d")
	for call, whole := range map[string]string{"secret list": long, "secret list -A": long, "secret versions " + long: "A_RATHER_LONG_KEY_J",
		"secret info " + long: long, "environment list": long, "token list": long, "audit list": long} {
		args := strings.Fields(call)
		piped := exec.Command(squireBinary, args...)
		piped.Env, piped.Dir = append(m.env, "COLUMNS=40"), m.dir
		full, err := piped.Output()
		if err != nil || !bytes.Contains(full, []byte(whole)) {
			t.Errorf("%s on a pipe: %v\n%s", call, err, full)
		}
		for _, width := range []int{80, 40} {
			for _, out := range []string{m.sized(uint16(width), []string{"COLUMNS="}, args...), m.sized(200, []string{"COLUMNS=" + []string{"40", "80"}[width/80]}, args...)} {
				for _, line := range strings.Split(out, "\n") {
					if len(line) > width {
						t.Errorf("%s: %d columns of %d: %q", call, len(line), width, line)
					}
				}
				if !strings.Contains(strings.NewReplacer("\n", "", " ", "").Replace(out), whole) {
					t.Errorf("%s in %d columns lacks a part:\n%s", call, width, out)
				}
			}
		}
	}
	if out := m.sized(40, nil, "audit", "list", "--action", "create_token"); !strings.Contains(out, " ago") {
		t.Errorf("where it is narrow, times are ages:\n%s", out)
	}
}
