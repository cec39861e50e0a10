package yamltree

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// print is a tree in one line, each node with its line.
func print(n Node) string {
	switch n.Kind {
	case Empty:
		return "empty"
	case Alias:
		return fmt.Sprintf("alias@%d", n.Line)
	case List:
		var all []string
		for _, i := range n.Items {
			all = append(all, print(i))
		}
		return "[" + strings.Join(all, " ") + "]"
	case Mapping:
		var all []string
		for _, f := range n.Fields {
			all = append(all, print(f.Key)+": "+print(f.Value))
		}
		return "{" + strings.Join(all, ", ") + "}"
	}
	if n.Null {
		return fmt.Sprintf("null@%d", n.Line)
	}
	return fmt.Sprintf("%q@%d", n.Text, n.Line)
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                            `empty`,
		"# only\n":                    `empty`,
		"---\n":                       `empty`,
		"a: b":                        `{"a"@1: "b"@1}`,
		"\ufeffa: b\r\nc: d\r\n":      `{"a"@1: "b"@1, "c"@2: "d"@2}`,
		"%YAML 1.2\n---\na: b\n...\n": `{"a"@3: "b"@3}`,
		"\ufeff# c\r\n%YAML 1.2\r\n%TAG ! tag:example.org,2000:\r\n%FUTURE x\r\n\r\n---\r\na: b\r\n...\r\n# d\r\n": `{"a"@7: "b"@7}`,
		"%YAML 1.2 # c\n--- {a: \"%b\"}\n":                           `{"a"@2: "%b"@2}`,
		"# a\r\n# b\r\nc: |\r\n  d\r\n  e\r\nf: g\r\n":               `{"c"@3: "d\ne\n"@3, "f"@6: "g"@6}`,
		"%YAML 1.2\n---\n":                                           `empty`,
		"%TAG ! tag:x,2000:\n--- # c\n- a":                           `["a"@3]`,
		"a: \"%YAML 1.2\"\nb: |\n  %x\n":                             `{"a"@1: "%YAML 1.2"@1, "b"@2: "%x\n"@2}`,
		"a: [8080, 007, on, 1.0, 1_000]":                             `{"a"@1: ["8080"@1 "007"@1 "on"@1 "1.0"@1 "1_000"@1]}`,
		"a: [.inf, 0x1F, TRUE, 2001-01-01, +5, \"007\", 'it''s']":    `{"a"@1: [".inf"@1 "0x1F"@1 "TRUE"@1 "2001-01-01"@1 "+5"@1 "007"@1 "it's"@1]}`,
		"a: null\nb: ~\nc:\nd: ''\ne: !!str null":                    `{"a"@1: null@1, "b"@2: null@2, "c"@3: null@3, "d"@4: ""@4, "e"@5: "null"@5}`,
		"a: |\n  x\n  \ty\nb: >-\n  x\n  y\nc: x\n  y\nd: \"x\\ty\"": `{"a"@1: "x\n\ty\n"@1, "b"@4: "x y"@4, "c"@7: "x y"@7, "d"@9: "x\ty"@9}`,
		"a: b # c\n# d\ne: f#g":                                      `{"a"@1: "b"@1, "e"@3: "f#g"@3}`,
		"a: x\na: y\n\"a\": z":                                       `{"a"@1: "x"@1, "a"@2: "y"@2, "a"@3: "z"@3}`,
		"a: &x b\nc: *x":                                             `{"a"@1: "b"@1, "c"@2: "b"@2}`,
		"a: &x [b]\nc: *x":                                           `{"a"@1: ["b"@1], "c"@2: alias@2}`,
		"a: &x {b: *x}":                                              `{"a"@1: {"b"@1: alias@1}}`,
		"a: &x b\n*x : d":                                            `{"a"@1: "b"@1, alias@2: "d"@2}`,
		"<<: {x: y}":                                                 `{"<<"@1: {"x"@1: "y"@1}}`,
		"s:\n- {n: 1, k: [A, B]}\n- n: 2\n  k: C\n-":                 `{"s"@1: [{"n"@2: "1"@2, "k"@2: ["A"@2 "B"@2]} {"n"@3: "2"@3, "k"@4: "C"@4} null@5]}`,
		"url: http://h:1/x":                                          `{"url"@1: "http://h:1/x"@1}`,
		"{\"a\":b}":                                                  `{"a"@1: "b"@1}`,
	} {
		got, err := Parse([]byte(text))
		if err != nil || print(got) != want {
			t.Errorf("%q: %s, %v, want %s", text, print(got), err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a: b\nc: *hunter2":             "line 2: not valid YAML",
		"a: b\nc: [hunter2":             "line 2: not valid YAML",
		"a: @hunter2":                   "line 1: not valid YAML",
		"a: b\n\tc: hunter2":            "line 2: not valid YAML",
		"a: hunter2\x00":                "line 1: not valid YAML",
		"a: b\nc: hunter2\xff":          "line 2: not valid YAML",
		"a: b\nc: hun\tter2":            "line 2: not valid YAML", // the parser drops the tab
		"a: hunter\n -2 2\n  - ":        "line 3: not valid YAML", // and keeps the line break
		"a: {URL:hunter2}":              "line 1: not valid YAML", // one long name
		"%YAML 2.0\n---\na: hunter2":    "line 1: not valid YAML",
		"%YAML 1.2\na: hunter2":         "line 1: not valid YAML",
		"a: b\n%YAML 1.2\n---\nc: d":    "line 2: not valid YAML",
		"a: b\n---\nc: d":               "want one YAML document",
		strings.Repeat("[", 20_000):     "line 1: nested too deeply",
		strings.Repeat("- ", 20_000):    "line 1: nested too deeply",
		strings.Repeat("? ", 20_000):    "line 1: nested too deeply",
		strings.Repeat("&a\n ", 9_000):  "line 1001: too many fields",
		strings.Repeat("a: b\n", 9_000): "line 5001: too many fields",

		// The lexer would take seconds, or hours, for these.
		"a: |" + strings.Repeat("\n", 100_000):                   tooManyLines,
		"a: |" + strings.Repeat("\n", maxLines+1):                tooManyLines,
		"a: >\r\n" + strings.Repeat("\r\n", 100_000):             tooManyLines,
		"a: |" + strings.Repeat("\r", 100_000):                   tooManyLines,
		strings.Repeat("-\n", 80_000):                            tooManyLines,
		"a: &x b\nc: [" + strings.Repeat("*x,", 200_000) + "*x]": "line 2: too many fields",
		"a: &x b\nc:\n" + strings.Repeat("- *x\n", maxMarkers+1): "line 1002: too many fields",
	} {
		_, err := Parse([]byte(text))
		var fault *Error
		if !errors.As(err, &fault) || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

// FuzzParse looks for a panic that is not caught, and for an error that says
// more than a line.
func FuzzParse(f *testing.F) {
	f.Add("environment: prod\ntimeout: 10s\nsecrets:\n  - {name: db, required_keys: [A, B]}\n  - dict: {A: &x 1, B: null, C: *x}\n")
	f.Add("a: |\n  x\nb: >-\n  y\n'c': \"\\u0041\"\n? d\n: e\n---\n")
	f.Add(">+#000")
	f.Add("%YAML 1.2\n---\n- &a !!str x\n- *a\n- - - y\n...\n")
	f.Fuzz(func(t *testing.T, text string) {
		root, err := Parse([]byte(text))
		if err == nil {
			_ = print(root)
			return
		}
		var line int
		if _, scan := fmt.Sscanf(err.Error(), "line %d: ", &line); scan == nil && line > 1+strings.Count(text, "\n")+strings.Count(text, "\r") {
			t.Errorf("%v, of a shorter file", err)
		}
		for _, reason := range []string{invalid, "want one YAML document", "nested too deeply", "too many fields", tooManyLines} {
			if strings.HasSuffix(err.Error(), reason) {
				return
			}
		}
		t.Errorf("an error of its own: %v", err)
	})
}
