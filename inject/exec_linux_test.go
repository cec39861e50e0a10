package inject

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("needs", name)
	}
	return path
}

// TestExecPassesTheBytes reads what a real program got.
func TestExecPassesTheBytes(t *testing.T) {
	env := tool(t, "env")
	inherited := []string{"FIRST=1", "no equals sign", "DUP=one", "REPLACED=inherited", "DUP=two", "RAW=\xff\xfe\n\t=", "SQUIRE_TOKEN=own", "SQUIRED_DATABASE_URL=own", "LAST="}
	out, stderr, code := start(t, inherited, "", "helper:run", env, "-0")
	want := []string{"FIRST=1", "no equals sign", "DUP=one", "REPLACED=by a layer", "RAW=\xff\xfe\n\t=", "LAST=",
		"LAYERED=two", "BYTES=\xff\x01 =a=\n$(x)`y`\r\n", "EMPTY="}
	if got := strings.Join(want, "\x00") + "\x00"; code != 0 || out != got {
		t.Errorf("exit code %d\n got %q\nwant %q\n%s", code, out, got, stderr)
	}
	if out, _, _ := start(t, inherited, "", "helper:run", tool(t, "printenv"), "BYTES"); out != "\xff\x01 =a=\n$(x)`y`\r\n\n" {
		t.Errorf("printenv: %q", out)
	}
}

// TestExecPassesTheArguments: as they are, and the command as it was typed.
func TestExecPassesTheArguments(t *testing.T) {
	argv := []string{"-c", `printf '[%s]' "$0" "$@"`, "zero", "", "a b", "$HOME", "\xff\n'\"", "--", "*"}
	out, stderr, code := start(t, []string{"PATH=/bin"}, "", append([]string{"helper:run", "sh"}, argv...)...)
	if want := "[zero][][a b][$HOME][\xff\n'\"][--][*]"; code != 0 || out != want {
		t.Errorf("exit code %d: %q, want %q\n%s", code, out, want, stderr)
	}
	out, _, _ = start(t, []string{"PATH=/bin"}, "", "helper:run", "cat", "/proc/self/cmdline")
	if want := "cat\x00/proc/self/cmdline\x00"; out != want {
		t.Errorf("cmdline %q, want %q", out, want)
	}
}

// lookupFiles is a folder for looking up commands.
func lookupFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string, mode os.FileMode) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	script := func(says string) string { return "#!/bin/sh\necho " + says + "\n" }
	write("good/tool", script("good"), 0o755)
	write("other/tool", script("other"), 0o755)
	write("plain/tool", script("plain"), 0o644)
	write("folder/tool/inside", "", 0o644)
	write("tool", script("here"), 0o755)
	write("lost", "#!/no/such/interpreter -x\n", 0o755)
	write("crlf", "#!/bin/sh\r\necho hello\r\n", 0o755)
	write("broken/lost", "#!/no/such/interpreter\n", 0o755)
	write("empty", "", 0o755)
	write("noline", "echo hello\n", 0o755)
	write("binary", "\x7fELF\x02\x01\x01\x00 nothing", 0o755)
	return dir
}

// TestLookupAgreesWithEnv runs each command by env(1), which calls execvp, and
// by us: the same program runs, or the same exit code comes back.
func TestLookupAgreesWithEnv(t *testing.T) {
	env := tool(t, "env")
	dir := lookupFiles(t)
	tests := []struct{ path, file string }{
		{"good", "tool"}, {"other:good", "tool"}, {"none:other:good", "tool"},
		{"plain", "tool"}, {"plain:good", "tool"}, {"folder", "tool"}, {"folder:good", "tool"}, {"folder:plain:none", "tool"},
		{"", "tool"}, {":good", "tool"}, {"good:", "tool"}, {"none:", "tool"}, {"none::good", "tool"}, {".", "tool"}, {"none:.", "tool"},
		{"tool", "tool"}, {"tool:good", "tool"}, // an element that is a file
		{"good", "missing"}, {"", "missing"}, {"good", ""}, {"none", "tool"},
		{"none", "./tool"}, {"none", "good/tool"}, {"good", "./plain/tool"}, {"good", "./folder"}, {"good", "folder/tool"}, {"good", "./missing"},
		{"good", "tool/tool"}, {"good", "./lost"}, {"good", "/"}, {"good", "."}, {"good", ".."}, {"/", "."},
	}
	for _, test := range tests {
		t.Run("PATH="+test.path+" "+test.file, func(t *testing.T) {
			var elements []string
			for _, e := range strings.Split(test.path, ":") {
				if e != "" && e[0] != '.' {
					e = filepath.Join(dir, e)
				}
				elements = append(elements, e)
			}
			environ := []string{"PATH=" + strings.Join(elements, ":")}
			want, wantErr, wantCode := startPath(t, env, environ, dir, "env", test.file)
			switch {
			case wantCode == 127 && test.file == "./lost":
				wantCode = 126 // the contract: it is there, its interpreter is not
			case wantCode == 126 && test.path == "tool":
				wantCode = 127 // and this is nowhere: env takes the ENOTDIR of PATH for more
			}
			got, gotErr, gotCode := start(t, environ, dir, "helper:run", test.file)
			if got != want || gotCode != wantCode {
				t.Errorf("%d %q, env says %d %q\n%s%s", gotCode, got, wantCode, want, gotErr, wantErr)
			}
		})
	}
	t.Run("no PATH", func(t *testing.T) {
		if _, stderr, code := start(t, []string{"X=1"}, dir, "helper:run", "true"); code != 0 {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		if _, stderr, code := start(t, []string{"X=1"}, dir, "helper:run", "tool"); code != 127 || !strings.Contains(stderr, "PATH is not set") {
			t.Errorf("exit code %d: %s", code, stderr)
		}
	})
}

// TestCommandErrors: the code, the words, and something to type.
func TestCommandErrors(t *testing.T) {
	dir := lookupFiles(t)
	fifo := filepath.Join(dir, "with space")
	if err := os.WriteFile(fifo, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		file string
		code int
		text string
	}{
		{"missing", 127, "missing: command not found in PATH\nhint: check the spelling, or name the file: squire run -- /path/to/missing; an alias or a function is known to your shell alone: squire run -- bash -ic missing\n"},
		{"./missing", 127, "./missing: no such file\nhint: ls -l ./missing\n"},
		{"", 127, "the command's name is empty\nhint: squire run -- COMMAND [ARG...]\n"},
		{"plain/tool", 126, "plain/tool is not executable\nhint: chmod +x plain/tool\n"},
		{"./with space", 126, "'./with space' is not executable\nhint: chmod +x './with space'\n"},
		{"/etc/passwd", 126, "/etc/passwd is not executable\nhint: is it the command? squire run -- COMMAND [ARG...]\n"},
		{"./folder", 126, "./folder is a directory\nhint: name a file in it\n"},
		{"/dev/null", 126, "/dev/null is not a regular file\n"},
		{"tool/x", 126, "tool/x cannot be executed: not a directory\n"},
		{"./noline", 126, "./noline is a script without a #! line\nhint: add a #! line, or run: sh ./noline\n"},
		{"./binary", 126, "./binary is not a program for this machine\nhint: compare: uname -m; file ./binary\n"},
		{"./empty", 126, "./empty is empty\n"},
		{"./lost", 126, "./lost: its interpreter /no/such/interpreter is missing\nhint: install it, or name another in the file's first line: head -n 1 ./lost\n"},
		{"./crlf", 126, "./crlf: its #! line ends in a carriage return, so that its interpreter is missing\nhint: sed -i 's/\\r$//' ./crlf\n"},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			out, stderr, code := start(t, []string{"PATH=" + dir + "/good"}, dir, "helper:run", test.file)
			if code != test.code || stderr != test.text || out != "" {
				t.Errorf("exit code %d, want %d\n got %q\nwant %q", code, test.code, stderr, test.text)
			}
		})
	}
}

// TestMissingLoader: a binary for another C library, such as glibc's on Alpine.
func TestMissingLoader(t *testing.T) {
	text, err := os.ReadFile(tool(t, "true"))
	if err != nil {
		t.Fatal(err)
	}
	loader := regexp.MustCompile(`\x00/lib[0-9a-z/._-]*/ld-[0-9a-zA-Z._-]+\x00`).FindIndex(text)
	if loader == nil {
		t.Skip("true is static")
	}
	copy(text[loader[0]+1:], "/nil")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "foreign"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := start(t, []string{"X=1"}, dir, "helper:run", "./foreign")
	if code != 126 || !strings.Contains(stderr, "its interpreter (the dynamic loader) is missing") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestNothingAtStart: what runs in front of every process builds nothing that
// this run may not use.
func TestNothingAtStart(t *testing.T) {
	_, trace, code := start(t, []string{"GODEBUG=inittrace=1"}, "", "helper:nothing")
	if code != 0 || !strings.Contains(trace, "init ") {
		t.Fatalf("no trace: exit code %d", code)
	}
	for line := range strings.Lines(trace) {
		if strings.HasPrefix(line, "init github.com/squire-env/squire/inject @") {
			t.Error(line)
		}
	}
}
