package dotenv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse: nothing panics, strict and lenient agree, errors contain no text, the result is limited, and the variables
// are the same after printing and parsing them again.
func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		vars, ok := parseBothWays(t, data, Dotenv)
		if !ok {
			return
		}
		if len(show(vars)) > 1<<16 {
			return // slow, and nothing new
		}
		printed := canonical(vars)
		again, err := Parse(printed, Options{})
		if err != nil || show(again) != show(vars) {
			t.Errorf("%q was printed as %q, which reads as %s, %v", show(vars), printed, show(again), err)
		}
	})
}

// FuzzDocker is FuzzParse for the other dialect; it also compares with the reference.
func FuzzDocker(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		vars, ok := parseBothWays(t, data, Docker)
		if !ok {
			return
		}
		compareDocker(t, data)
		var printed strings.Builder
		for _, v := range vars {
			if strings.ContainsAny(v.Value, "\n") {
				return // the environment's, through a bare name
			}
			if printed.Len() == 0 {
				printed.WriteString(bom) // a BOM of the name's own would be dropped
			}
			printed.WriteString(v.Name + "=" + v.Value + "\r\n")
		}
		again, err := Parse([]byte(printed.String()), Options{Format: Docker})
		if err != nil || show(again) != show(vars) {
			t.Errorf("%q was printed as %q, which reads as %s, %v", show(vars), printed.String(), show(again), err)
		}
	})
}

// expectations are all texts that a fault may have.
var expectations = regexp.MustCompile(`^(a name|a name between the quotes|a name before "="|a name without spaces or tabs|"=" after the name|` +
	`a closing ' after the (name|value)|a closing " after the value|the end of the line after the closing quote)( on line [0-9]+)?$`)

// parseBothWays returns the result of lenient parsing, unless the whole file is rejected.
func parseBothWays(t *testing.T, data []byte, format Format) ([]Var, bool) {
	count := 0
	lenient, err := Parse(data, Options{Format: format, Lookup: environ, Skipped: func(fault Fault) {
		count++
		if !expectations.MatchString(fault.Expected) {
			t.Errorf("%q: a fault says %q", data, fault.Expected)
		}
	}})
	strict, strictErr := Parse(data, Options{Format: format, Lookup: environ})
	var syntax *SyntaxError
	switch {
	case err != nil:
		if !errors.Is(err, ErrNotUTF8) && !errors.Is(err, ErrTooLarge) || errors.Is(err, ErrNotUTF8) == utf8.Valid(data) {
			t.Errorf("%q: lenient refuses: %v", data, err)
		}
		if strictErr == nil {
			t.Errorf("%q: lenient refuses, strict does not: %v", data, err)
		}
		return nil, false
	case count == 0 && (strictErr != nil || show(strict) != show(lenient)):
		t.Errorf("%q: nothing was skipped, but strict gives %s, %v", data, show(strict), strictErr)
	case count > 0 && (!errors.As(strictErr, &syntax) || len(syntax.Faults)+syntax.More != count || len(syntax.Faults) > maxFaults):
		t.Errorf("%q: %d statements were skipped, but strict gives %v", data, count, strictErr)
	}
	size, seen := 0, map[string]bool{}
	for _, v := range lenient {
		size += len(v.Value)
		if v.Name == "" || seen[v.Name] || v.Line < 1 || v.Column < 1 {
			t.Errorf("%q: a wrong variable: %q at %d:%d", data, v.Name, v.Line, v.Column)
		}
		seen[v.Name] = true
	}
	if size > MaxResult || len(lenient) > len(data) {
		t.Errorf("%d variables of %d bytes from %d", len(lenient), size, len(data))
	}
	return lenient, true
}

// canonical prints variables so that parsing them again, with an empty environment, returns the same. There is no escape
// for "${", so a reference with a default makes the dollar; another one separates a last backslash from the quote.
func canonical(vars []Var) []byte {
	b := []byte("\n") // or a name that begins with a BOM would lose it
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`, "${", "${:-$}{")
	for _, v := range vars {
		if strings.Contains(v.Name, "'") {
			b = append(b, v.Name...) // has no space, '=' or '#', or it could not have come out
		} else {
			b = append(b, "'"+v.Name+"'"...)
		}
		value, last := strings.CutSuffix(v.Value, `\`)
		b = append(b, `="`+escape.Replace(value)...)
		if last {
			b = append(b, `${:-\\}`...)
		}
		b = append(b, '"', '\n')
	}
	return b
}

// addSeeds adds the seeds, in addition to the corpus in testdata/fuzz.
func addSeeds(f *testing.F) {
	for _, name := range seeds {
		f.Add(readSeed(f, name))
	}
}

// TestSeedsExist fails if files with seeds were moved. With -update it writes the corpus.
func TestSeedsExist(t *testing.T) {
	for _, name := range seeds {
		readSeed(t, name)
	}
	for fuzzer, corpus := range map[string]map[string]string{
		"FuzzParse": {
			"escapes":            `A="\\ \' \" \a \b \f \n \r \t \v \x"`,
			"backslash-at-end":   `A=x\`,
			"last-backslashed":   `A="x\" y\"` + "\nB=1",
			"quoted-name":        "'A\n=B' = 1",
			"quote-in-name":      "A'B=1\n\"C'=2",
			"two-boms":           "\ufeff\ufeffA=1",
			"literal-expansion":  "A=$\nB=${A}{HOME}",
			"expansions":         "A=${A}${B:-x}${C:+x}${${}}${:-}${A",
			"doubling":           "A=xx\n" + strings.Repeat("A=${A}${A}\n", 30),
			"doubling-then-none": "A=xx\n" + strings.Repeat("A=${A}${A}\n", 30) + "A",
			"spaces":             "\x1c\u0085export\u00a0A\u2028=\u3000x\u202f#\u205f# y\u1680",
			"newlines":           "A='\r\n\r\r\n'\rB=2",
			"broken":             "A B\n=\n''\n'\nA='\nA='' x\nA='\n' x",
			"nul":                "A\x00=\x00",
			"not-utf8":           "A=\xed\xa0\x80",
		},
		"FuzzDocker": {
			"bare":      "A\nHOME\nABSENT\nEMPTY\nA=1",
			"returns":   "A=1\r\r\nB=\rx\n\r",
			"blanks":    " \u0085\u00a0A=\t\nA\u00a0B=1\nA B=1",
			"bom":       "\ufeff\ufeffA=1\n\ufeffB=2",
			"no-name":   "=1\n =",
			"comments":  "#\n #A=1\nA#=1",
			"not-utf8":  "A=1\r#\xff",
			"long-line": "A=" + strings.Repeat("x", 70_000),
		},
	} {
		for name, text := range corpus {
			path := filepath.Join("testdata", "fuzz", fuzzer, name)
			want := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", text)
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != want {
				t.Errorf("a seed of %s is missing or changed: %s: %v", fuzzer, name, err)
			}
		}
	}
}
