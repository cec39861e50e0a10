package setting

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		" \t\n":              "",
		"a":                  "a",
		" a  b\tc\nd\r\n":    "a|b|c|d",
		`"a b" c`:            "a b|c",
		`'a b' "c d"`:        "a b|c d",
		`a\ b c`:             "a b|c",
		`/x/a\ b.env`:        "/x/a b.env",
		`""`:                 "",
		`a '' b`:             "a||b",
		`"a \"b\" \c"`:       `a "b" \c`,
		`'a\'`:               `a\`,
		`'a "b" c'`:          `a "b" c`,
		`C:\x\y C:\Prog\ F`:  `C:\x\y|C:\Prog F`,
		`\\server\x`:         `\\server\x`,
		`it's b's`:           "it's|b's", // as before there were quotes
		`prod/db:A,"B`:       `prod/db:A,"B`,
		`\"a \'b`:            `"a|'b`,
		`a\`:                 `a\`,
		`"a b`:               "error: a quote is not closed",
		`a 'b c`:             "error: a quote is not closed",
		`"`:                  "error: a quote is not closed",
		`"a\"`:               "error: a quote is not closed",
		`"a"b`:               "error: text after a closing quote",
		`'a''b'`:             "error: text after a closing quote",
		"\"hunter2 \xc3\xa9": "error: a quote is not closed",
	} {
		words, err := Split(text)
		got := strings.Join(words, "|")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
