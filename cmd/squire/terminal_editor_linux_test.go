package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// VISUAL and EDITOR are what git takes them for: a piece of shell.
func TestEditorGoesThroughTheShell(t *testing.T) {
	m := newTerminal(t)
	blank := filepath.Join(m.dir, "with blank")
	if err := os.Mkdir(blank, 0o700); err != nil {
		t.Fatal(err)
	}
	writes := m.editor(`for last; do :; done; echo "$1 $#" >"$last"`)
	if err := os.Rename(writes, filepath.Join(blank, "it's")); err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(blank, "it's")
	for editor, want := range map[string]string{
		`"` + in + `" --wait`:                                         "--wait 2",
		`'` + blank + `/it'"'"'s' 'a b'`:                              "a b 2",
		strings.NewReplacer(" ", `\ `, "'", `\'`).Replace(in) + ` -n`: "-n 2",
		`E="` + in + `"; "$E" x y`:                                    "x 3",
		`printf typed | tee`:                                          "typed",
		`echo $((1 + 1)) >"$1" #`:                                     "2",
		`FOO=bar sh -c 'echo $FOO >"$1"' x`:                           "bar",
	} {
		if out, code := m.run("", []string{"EDITOR=false", "VISUAL=" + editor}, "secret", "create", "db", "--force", "--verbatim", "K=-"); code != 0 {
			t.Errorf("%s: code %d: %s", editor, code, out)
			continue
		}
		cmd := exec.Command(squireBinary, "secret", "get", "db", "K")
		cmd.Env = m.env
		if got, err := cmd.Output(); err != nil || strings.TrimSuffix(string(got), "\n") != want {
			t.Errorf("%s: %q, want %q: %v", editor, got, want, err)
		}
	}
}

// An editor that was left changes nothing, and says so; its text is not shown.
func TestEditorThatWasLeft(t *testing.T) {
	m := newTerminal(t)
	m.run("", nil, "secret", "create", "db", "K=1")
	for _, c := range []struct {
		editor, call string
		code         int
		want         string
	}{
		{"true", "update db K=-", 0, "main/db: unchanged, version 1\r\n"},
		{"true", "update db A=1 K=- --verbatim", 0, "main/db: unchanged, version 1\r\n"},
		{"rm", "update db K=-", 0, "main/db: unchanged, version 1\r\n"},
		{"true", "update db K=- --json", 0, `"set": []`},
		{"true", "update gone K=-", 1, "secret main/gone not found"},
		{"true", "create new K=-", 1, "squire: error: K=-: the editor left the file empty, so nothing was stored\r\nsquire: hint: K= stores an empty value\r\n"},
		{"false", "update db K=-", 1, "squire: error: EDITOR: exit status 1; nothing was stored\r\n"},
		{"c4nary=c4nary exit 7 #", "update db K=-", 1, "squire: error: EDITOR: exit status 7; nothing was stored\r\n"},
		{"/no/such/c4nary", "update db K=-", 1, "squire: error: EDITOR: no such file or directory; nothing was stored\r\n"},
		{"c4nary", "update db K=-", 1, "squire: error: EDITOR: executable file not found in $PATH; nothing was stored\r\n"},
	} {
		out, code := m.run("", []string{"EDITOR=" + c.editor}, append([]string{"secret"}, strings.Fields(c.call)...)...)
		if code != c.code || !strings.Contains(out, c.want) || strings.Contains(out, "c4nary") {
			t.Errorf("EDITOR=%s %s: code %d: %s", c.editor, c.call, code, out)
		}
	}
	if out, _ := m.run("", nil, "secret", "versions", "db"); strings.Contains(out, "\n2 ") {
		t.Errorf("a version was made:\n%s", out)
	}
}
