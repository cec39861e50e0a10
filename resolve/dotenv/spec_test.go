package dotenv

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// environ is the process environment of these tests.
func environ(name string) (string, bool) {
	value, ok := map[string]string{"HOME": "/home/me", "EMPTY": "", "A": "outer", "a b": "odd"}[name]
	return value, ok
}

// show prints variables on one line, as the tables write them.
func show(vars []Var) string {
	var parts []string
	for _, v := range vars {
		parts = append(parts, fmt.Sprintf("%s=%q", v.Name, v.Value))
	}
	return strings.Join(parts, " ")
}

// outcome returns the variables and then the faults in brackets, after comparing lenient with strict parsing.
func outcome(t *testing.T, in string, format Format) string {
	t.Helper()
	var faults []Fault
	lenient := Options{Format: format, Lookup: environ, Skipped: func(f Fault) { faults = append(faults, f) }}
	vars, err := Parse([]byte(in), lenient)
	if err != nil {
		return "error: " + err.Error()
	}
	strict, err := Parse([]byte(in), Options{Format: format, Lookup: environ})
	var bad *SyntaxError
	switch {
	case len(faults) == 0 && (err != nil || !slices.Equal(strict, vars)):
		t.Errorf("%q: strict and lenient differ without a fault: %v", in, err)
	case len(faults) > 0 && (!errors.As(err, &bad) || !slices.Equal(bad.Faults, faults) || strict != nil):
		t.Errorf("%q: strict says %v, lenient %v", in, err, faults)
	}
	out := show(vars)
	for _, f := range faults {
		out += " [" + f.Error() + "]"
	}
	return strings.TrimSpace(out)
}

// TestSpec has a line for every sentence of the specification, by rule.
func TestSpec(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		// 1. Bytes.
		{"A=1\xff", "error: not UTF-8 at line 1, column 4"},
		{"# comment \xff\nA=1", "error: not UTF-8 at line 1, column 11"},
		{"A=1\r\n\ré\xed\xa0\x80", "error: not UTF-8 at line 3, column 2"}, // an encoded surrogate
		{"\ufeffé\xc0\x80", "error: not UTF-8 at line 1, column 2"},        // too long an encoding; the BOM does not count
		{"A=1\r\nB=2\rC=3\n", `A="1" B="2" C="3"`},
		{"A='x\r\ny\rz'", `A="x\ny\nz"`},
		{"'A\r\nB'=1", "A\nB=\"1\""},
		{"A=1\r\r\nB=2", `A="1" B="2"`}, // CR CR LF is two newlines
		{"\ufeffA=1", `A="1"`},
		{"\ufeff\ufeffA=1", "\ufeffA=\"1\""},
		{"\n\ufeffA=1", "\ufeffA=\"1\""},
		{"A\x00B=1\x002", "A\x00B=\"1\\x002\""},
		{"\x00", "\x00=\"\""},

		// 2. Statement: the space before it.
		{"", ""},
		{" \t\n\v\f\x1c\u0085\u2028", ""},
		{"\n\n  \u00a0\u3000\x1f A=1", `A="1"`},
		// export
		{"export A=1", `A="1"`},
		{"export\t\u00a0 A=1", `A="1"`},
		{"export=1", `export="1"`},
		{"export", `export=""`},
		{"export\nA=1", `export="" A="1"`},
		{"exportA=1", `exportA="1"`},
		{"export export A=1", `[1:1: expected "=" after the name]`},
		{"export export=1", `export="1"`},
		{"export =1", "[1:1: expected a name]"},
		{"export \nA=1", `A="1" [1:1: expected a name]`},
		{"export # c", ""},
		{"export 'A'=1", `A="1"`},
		{"export A", `A=""`},
		{"EXPORT A=1", `[1:1: expected "=" after the name]`},
		// Key.
		{"# A=1\n  #B=2\n#", ""},
		{"'A B'=1", `A B="1"`},
		{"'A\nB#=\\'=1", "A\nB#=\\=\"1\""},
		{"''=1", "[1:1: expected a name between the quotes]"},
		{"'A=1\nB=2", `B="2" [1:1: expected a closing ' after the name]`},
		{"'A'", `A=""`},
		{"'A'B=1", `[1:1: expected "=" after the name]`},
		{`"A"=1`, `"A"="1"`},
		{`"A B"=1`, `[1:1: expected "=" after the name]`},
		{"A'B'=1", `A'B'="1"`},
		{"a-b.c/1$%=1", `a-b.c/1$%="1"`},
		{"1é\u200b=1", "1é\u200b=\"1\""}, // U+200B is no SPACE
		{"=1", "[1:1: expected a name]"},
		{"A#=1", `A=""`},
		// The equals sign and the space around it.
		{"A = 1", `A="1"`},
		{"A\t\u00a0=\u3000\v1", `A="1"`},
		{"A\n=1", `A="" [2:1: expected a name]`},
		{"A", `A=""`},
		{"A ", `A=""`},
		{"A # c", `A=""`},
		{"A B=1", `[1:1: expected "=" after the name]`},
		{"A\u0085B=1", `[1:1: expected "=" after the name]`},
		{"A==1", `A="=1"`},
		// The end of it.
		{"A='1'#c", `A="1"`},
		{"A='1' # c", `A="1"`},
		{"A='1' \t", `A="1"`},
		{"A='1'\u2028\nB=2", `A="1" B="2"`},
		{"A='1' x\nB=2", `B="2" [1:3: expected the end of the line after the closing quote]`},
		{"A='1''2'", "[1:3: expected the end of the line after the closing quote]"},
		// Bad statements, and what is ignored with them.
		{"A='x\ny' z\nB=2", `B="2" [1:3: expected the end of the line after the closing quote on line 2]`},
		{"A='x\nB=2", `B="2" [1:3: expected a closing ' after the value]`},
		{"A=\"x\nB='2'", `B="2" [1:3: expected a closing " after the value]`},
		{"'A\nB'='x\nC=3", `C="3" [2:4: expected a closing ' after the value]`},
		{"\n  \u00a0 = x\n\té =", `é="" [2:5: expected a name]`},
		{"A B\n\n C D\nE", `E="" [1:1: expected "=" after the name] [3:2: expected "=" after the name]`},

		// A fault is where the last quote of its statement opened.
		{"\ufeff\n  export 'é'\t= \"x\n\nB=2", `B="2" [2:16: expected a closing " after the value]`},
		{"export 'A=1", "[1:8: expected a closing ' after the name]"},
		{"export ''=1", "[1:8: expected a name between the quotes]"},
		{"A=1\r\nB=\"x\r\ny\r\nC=\"z\"\r\nD=4", `A="1" D="4" [2:3: expected the end of the line after the closing quote on line 4]`},

		// 3. Value.
		{"A=\nB=  \nC=", `A="" B="" C=""`},
		{`A=''`, `A=""`},
		{`A="x'y"`, `A="x'y"`},
		{`A='x"y'`, `A="x\"y"`},
		{"A=\"x\n # y\n\"", `A="x\n # y\n"`},
		{`A="x\"y"`, `A="x\"y"`},
		{`A="x\\"`, `A="x\\"`},        // does not close there: the last backslashed quote does, \ stays
		{`A="x\\" y"`, `A="x\\\" y"`}, // it goes on, and \\ reads as \
		{"A=\"x\\\"\nB=\"y\\\" # c", `[1:3: expected the end of the line after the closing quote on line 2]`},
		{"A='x\\'\nB=2", `A="x\\" B="2"`},
		{"A='x\\'\nB=\\'\nC=3", `A="x'\nB=\\" C="3"`},
		{`A='x\`, "[1:3: expected a closing ' after the value]"},
		{`A="`, "[1:3: expected a closing \" after the value]"},
		{`A='\`, "[1:3: expected a closing ' after the value]"},
		{`A="\"`, `A="\\"`},
		// Escapes.
		{`A='\\ \' \" \a \n \t \x'`, `A="\\ ' \\\" \\a \\n \\t \\x"`},
		{`A="\\ \' \" \a \b \f \n \r \t \v"`, `A="\\ ' \" \a \b \f \n \r \t \v"`},
		{`A="\x41 \u0041 \0 \e \$ \é \` + "\n" + `."`, `A="\\x41 \\u0041 \\0 \\e \\$ \\é \\\n."`},
		{`A="\\n"`, `A="\\n"`},
		{`A="\\\n"`, `A="\\\n"`},
		// Unquoted.
		{`A=x\n\\'y'"`, `A="x\\n\\\\'y'\""`},
		{"A=x y  z \t\u3000", `A="x y  z"`},
		{"A=x #c", `A="x"`},
		{"A=x#y #c #d", `A="x#y"`},
		{"A=x\u00a0\x1c #c", `A="x"`},
		{"A=x \u200b#c", "A=\"x \\u200b#c\""},
		{"A= #x", `A="#x"`},
		{"A=#x #y", `A="#x"`},
		{"A=x\x85y", "error: not UTF-8 at line 1, column 4"},
		{"A=x\u0085y\u2028", "A=\"x\\u0085y\""},

		// 4. Interpolation.
		{"B=${HOME}/x", `B="/home/me/x"`},
		{"B='${HOME}'\nC=\"${HOME}\"", `B="/home/me" C="/home/me"`},
		{`B="\${HOME}"`, `B="\\/home/me"`},
		{`B=\\${HOME}`, `B="\\\\/home/me"`},
		{`B="$\{HOME}"`, `B="$\\{HOME}"`},
		{`B="${X:-a\tb}"`, `B="a\tb"`}, // after unescaping
		{"B=${X:-d}", `B="d"`},
		{"B=${X}", `B=""`},
		{"B=${X:-}", `B=""`},
		{"B=${}", `B=""`},
		{"B=${:-d}", `B="d"`},
		{"B=${a b}", `B="odd"`},
		{"B='${HOME\n}'", `B=""`},
		{"B=$HOME$$${HOME:+x}${HOME:}${HOME-x}", `B="$HOME$$${HOME:+x}${HOME:}"`},
		{"B=${HOME", `B="${HOME"`},
		{"B=${X:-${HOME}}", `B="${HOME}"`},
		{"B=${X:-:-}", `B=":-"`},
		{"B=${${HOME}", `B=""`},                 // the name is ${HOME
		{"B=${X:+${HOME}", `B="${X:+/home/me"`}, // the first does not match, so the search continues inside
		{"B=${HOME}}${HOME}", `B="/home/me}/home/me"`},
		{"X=${HOME}\nHOME=in\nY=${HOME}", `X="/home/me" HOME="in" Y="in"`},
		{"A=1\nB=${A:-d}", `A="1" B="1"`},
		{"A\nB=${A:-d}", `A="" B=""`},
		{"A=\nB=${A:-d}", `A="" B=""`},
		{"B=${EMPTY:-d}", `B=""`},
		{"A=${A}x\nA=${A}y", `A="outerxy"`},
		{"A='${'\nB=${A}HOME}", `A="${" B="${HOME}"`}, // an inserted value is not interpolated again
		{"A=$\nB=${A}{HOME}", `A="$" B="${HOME}"`},
		{"A B\nC=${A:-d}", `C="outer" [1:1: expected "=" after the name]`},
		{"Q='x' y\nC=${Q:-d}", `C="d" [1:3: expected the end of the line after the closing quote]`},

		// 5. Duplicates.
		{"A=1\nB=2\nA=3", `A="3" B="2"`},
		{"A=1\nB=${A}\nA=3", `A="3" B="1"`},
		{"A=1\nB=2\nA", `A="" B="2"`},
		{"A=1\n'A'=2\nexport A=3", `A="3"`},
	} {
		if got := outcome(t, test.in, Dotenv); got != test.want {
			t.Errorf("%q\n got %s\nwant %s", test.in, got, test.want)
		}
	}
}

// TestNoValue: a name alone is not the same as an empty value, and the last assignment counts.
func TestNoValue(t *testing.T) {
	vars, err := Parse([]byte("A\nB=\nexport C # c\nD\nD=1\nE=1\nE"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vars {
		if want := strings.Contains("ACE", v.Name); v.NoValue != want || want && v.Value != "" {
			t.Errorf("%s: no value: %v, want %v", v.Name, v.NoValue, want)
		}
	}
}
