package dotenv

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestDocker(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"A=x", `A="x"`},
		{`A="x" B='y'`, `A="\"x\" B='y'"`},
		{`A='x'`, `A="'x'"`},
		{"A =x", "[1:1: expected a name without spaces or tabs]"},
		{"A\t=x", "[1:1: expected a name without spaces or tabs]"},
		{"export A=x", "[1:1: expected a name without spaces or tabs]"},
		{"A= x \t", `A=" x \t"`},
		{" \t\v\u00a0A=x", `A="x"`},
		{"A=x #c", `A="x #c"`},
		{"# A=x\n \t# B\n#", ""},
		{"#=x", ""},
		{"A#=x", `A#="x"`},
		{"A", `A="outer"`},
		{"EMPTY", `EMPTY=""`},
		{"ABSENT", ""},
		{"A ", "[1:1: expected a name without spaces or tabs]"},
		{"A=1\nABSENT\nA", `A="outer"`},
		{"ABSENT=1\nABSENT", `ABSENT="1"`},
		{"A=\"\\n\\\"\"", `A="\"\\n\\\"\""`},
		{"A='x\ny'", `A="'x"`}, // y' is a name that is not in the environment
		{"A='x\ny' z", `A="'x" [2:1: expected a name without spaces or tabs]`},
		{"B=${A}", `B="${A}"`},
		{"=x\n  \u00a0=y\nA=1", `A="1" [1:1: expected a name before "="] [2:4: expected a name before "="]`},
		{"=", `[1:1: expected a name before "="]`},
		{"A=1\n\xff", "error: not UTF-8 at line 2, column 1"},
		{"A=1\r#\xff", "error: not UTF-8 at line 1, column 6"}, // CR does not end a line in this dialect
		{"\ufeffA=1", `A="1"`},
		{"\ufeff\ufeffA=1", "\ufeffA=\"1\""},
		{"\n\ufeffA=1", "\ufeffA=\"1\""},
		{"A=1\r\nB=2\r\r\nC=3\rD=4\r", `A="1" B="2\r" C="3\rD=4"`},
		{"\r\n\rA=1", `A="1"`},
		{"A=1\nB=2\nA=3", `A="3" B="2"`},
		{"A==x", `A="=x"`},
		{"A\x00=\x00", "A\x00=\"\\x00\""},
		{"A\u00a0B=1", "A\u00a0B=\"1\""}, // Docker checks for space and tab only
	} {
		if got := outcome(t, test.in, Docker); got != test.want {
			t.Errorf("%q\n got %s\nwant %s", test.in, got, test.want)
		}
	}
	if vars, err := Parse([]byte("A\nB=1"), Options{Format: Docker}); err != nil || show(vars) != `B="1"` {
		t.Errorf("without an environment: %v, %v", vars, err)
	}
}

// dockerReference parses a file as Docker does, line by line: NAME=VALUE in the order of the file, including duplicates,
// and the number of the line that Docker rejects, or 0. It shares no code with parseDocker.
func dockerReference(data []byte, lookup func(string) (string, bool)) (env []string, refused int) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+2)
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte{0xef, 0xbb, 0xbf})
		}
		trimmed := strings.TrimLeftFunc(string(line), unicode.IsSpace)
		name, _, assigned := strings.Cut(trimmed, "=")
		switch {
		case trimmed == "" || trimmed[0] == '#':
		case name == "" || strings.ContainsAny(name, " \t"):
			return nil, n
		case assigned:
			env = append(env, trimmed)
		default:
			if value, ok := lookup(name); ok {
				env = append(env, name+"="+value)
			}
		}
	}
	return env, 0
}

// compareDocker fails unless Parse agrees with the reference on a file that is UTF-8.
func compareDocker(t *testing.T, data []byte) {
	t.Helper()
	env, refused := dockerReference(data, environ)
	vars, err := Parse(data, Options{Format: Docker, Lookup: environ})
	if refused != 0 {
		if syntax, ok := err.(*SyntaxError); !ok || syntax.Faults[0].Line != refused {
			t.Errorf("%q: got %v, the reference rejects line %d", data, err, refused)
		}
		return
	}
	last, order := map[string]string{}, []string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if _, known := last[name]; !known {
			order = append(order, name)
		}
		last[name] = value
	}
	var want []Var
	for _, name := range order {
		want = append(want, Var{Name: name, Value: last[name]})
	}
	if err != nil || show(vars) != show(want) {
		t.Errorf("%q\n got %s, %v\nwant %s", data, show(vars), err, show(want))
	}
}

func TestDockerAgreesWithReference(t *testing.T) {
	eachSeed(t, func(t *testing.T, data []byte) { compareDocker(t, data) })
	for seed := range uint64(2) {
		for _, in := range nasty(t, seed, 5000) {
			compareDocker(t, []byte(in))
			if t.Failed() {
				return
			}
		}
	}
	compareDocker(t, fmt.Appendf(nil, "A=%0100000d\nB=%0100000d", 1, 2)) // longer than Docker accepts
}
