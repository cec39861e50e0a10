package dotenv

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// No message contains a value or any text of the line, whatever is wrong with it.
func TestNoTextInErrors(t *testing.T) {
	const canary = "cAnArY"
	for _, in := range []string{
		"=%s", "export =%s", "%s %s", "%s %s=%s", "'%s", "'%s'%s", "''%s", "A='%s", "A=\"%s", "A='%s' %s", "A=\"%s\n%s\" %s",
		"'%s\n%s'='%s", "A=%s\xff", "# %s \xff", "\x00%s %s", "A=%s\nA=${A}${A}" + strings.Repeat("\nA=${A}${A}", 40),
		"A=%s\nB=${A}\n %s %s", "%s %s\n",
	} {
		in = strings.ReplaceAll(in, "%s", canary)
		for _, format := range []Format{Dotenv, Docker, canary} {
			o := Options{File: ".env", Format: format}
			check := func(err error) {
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, canary) {
					t.Errorf("%s %q: %s", format, in, text)
				}
				if err != nil && !strings.HasPrefix(err.Error(), ".env:") {
					t.Errorf("%s %q: the file is not named: %v", format, in, err)
				}
			}
			_, err := Parse([]byte(in), o)
			check(err)
			o.Skipped = func(f Fault) { check(f) }
			_, err = Parse([]byte(in), o)
			check(err)
		}
	}
}

func TestSentinels(t *testing.T) {
	_, err := Parse([]byte("A=1"), Options{Format: "ini"})
	if !errors.Is(err, ErrFormat) {
		t.Errorf("unknown format: %v", err)
	}
	_, err = Parse([]byte("A=\n\x80"), Options{File: "f"})
	var encoding *EncodingError
	if !errors.As(err, &encoding) || *encoding != (EncodingError{"f", 2, 1, ""}) || !errors.Is(err, ErrNotUTF8) {
		t.Errorf("not UTF-8: %v", err)
	}
	if got, want := fmt.Sprint(err), "f: not UTF-8 at line 2, column 1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err = Parse([]byte(" = "), Options{File: "f"})
	var fault Fault
	if !errors.As(err, &fault) || fault.Line != 1 || fault.Column != 2 {
		t.Errorf("there is no Fault in %v", err)
	}
	// Invalid UTF-8 is an error in lenient mode too.
	if _, err := Parse([]byte("A=1\n\x80"), Options{Skipped: func(Fault) {}}); !errors.Is(err, ErrNotUTF8) {
		t.Errorf("lenient, not UTF-8: %v", err)
	}
}

func TestSizes(t *testing.T) {
	const mib = 1 << 20
	line := "A=" + strings.Repeat("x", 8*mib) + "\n"
	double := "A=xx\n" + strings.Repeat("A=${A}${A}\n", 50)
	for _, test := range []struct {
		name, in string
		ok       bool
	}{
		{"16 MiB of comment", strings.Repeat("#"+strings.Repeat("c", 1022)+"\n", 16<<10), true},
		{"16 MiB of values, two lines", line[:8*mib] + "\nB" + line[1:8*mib-1], true},
		{"a line of 16 MiB", "A=" + strings.Repeat("x", 16*mib), true},
		{"one byte more", "A=" + strings.Repeat("x", 16*mib+1), false},
		{"names do not count", strings.Repeat("n", mib) + "=" + strings.Repeat("x", 16*mib), true},
		{"32 MiB", strings.Repeat("#"+strings.Repeat("c", 1022)+"\n", 32<<10), true},
		{"33 MiB", strings.Repeat("\n", 33*mib), false},
		{"exactly 16 MiB out", line + "B=${A}", true},
		{"more out", line + "B=${A}x", false},
		{"doubling", double, false},
		{"doubling, overwritten", double + "A=1", true}, // the limit is for the result
		{"doubling, used", double + "B=${A}\nC=x${B}${B}y\nA=1\nB=2", false},
		{"accumulating", "A=\n" + strings.Repeat("A=${A}x\n", 50_000), true},
		{"accumulating on the left", "A=\n" + strings.Repeat("A=x${A}\n", 50_000), true},
		{"doubling nothing", "A=\n" + strings.Repeat("A=${A}${A}\n", 50_000), true},
		{"a chain", "A=1\n" + strings.Repeat("A=${A}\n", 50_000), true},
	} {
		vars, err := Parse([]byte(test.in), Options{File: "f"})
		total := 0
		for _, v := range vars {
			total += len(v.Value)
		}
		if (err == nil) != test.ok || err != nil && (!errors.Is(err, ErrTooLarge) || vars != nil) || total > MaxResult {
			t.Errorf("%s: %d bytes, %v", test.name, total, err)
		}
	}
}

// Long chains have the right result, in both directions.
func TestRopes(t *testing.T) {
	const n = 100_000
	in := "L=a\nR=a\n" + strings.Repeat("L=${L}x\nR=y${R}\n", n) + "B=${L}-${R}-${L}\nC=${B}\nD=[${C}${X}]"
	vars, err := Parse([]byte(in), Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, r := "a"+strings.Repeat("x", n), strings.Repeat("y", n)+"a"
	b := l + "-" + r + "-" + l
	if len(vars) != 5 || vars[0].Value != l || vars[1].Value != r || vars[2].Value != b || vars[3].Value != b || vars[4].Value != "["+b+"]" {
		t.Errorf("wrong: %d variables", len(vars))
	}
}
