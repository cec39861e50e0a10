package api

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/squire-env/squire/resolve"
)

// TestNoValueBecomesAnother: a value that encoding/json would change is rejected,
// and every other value is accepted unchanged.
func TestNoValueBecomesAnother(t *testing.T) {
	for text, flaw := range map[string]string{
		`plain`: "", `\ud83d\ude00`: "", `\uD83D\uDE00`: "", `\ufffd`: "", "\ufffd": "", `\\ud800`: "", `\\\\ud800`: "", `\"\\`: "", `\u0041\n`: "",
		`\ud800`: "surrogate", `\udc00`: "surrogate", `\ud800\ud800`: "surrogate", `\udc00\ud800`: "surrogate", `\ud800x`: "surrogate",
		`\ufffd\ud800`: "surrogate", "\ufffd\\ud800": "surrogate", `\\\ud800`: "surrogate", `\ud83d\ude00\ud83d`: "surrogate", `\ud800\u0041`: "surrogate",
		"\xff": "UTF-8", "a\xc3": "UTF-8", "\xed\xa0\x80": "UTF-8", "\xc0\x80": "UTF-8", "\ufffd\xff": "UTF-8",
	} {
		var d EnvDict
		err := json.Unmarshal([]byte(`{"A":"`+text+`"}`), &d)
		if (err != nil) != (flaw != "") || err != nil && (!errors.Is(err, resolve.ErrInvalid) || !strings.Contains(err.Error(), flaw)) {
			t.Errorf("%q: %v, want %q", text, err, flaw)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "value")
		b, err := json.Marshal(s) // escapes some, and leaves others
		var d EnvDict
		if err == nil {
			err = json.Unmarshal([]byte(`{"A":`+string(b)+`}`), &d)
		}
		if utf8.ValidString(s) && (err != nil || d["A"].Reveal() != s) {
			t.Fatalf("%q: %v", s, err)
		}
	})
}
