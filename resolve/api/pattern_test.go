package api

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "", false}, {"a", "a", true}, {"a", "A", false}, {"a", "aa", false},
		{"*", "", true}, {"*", "anything\n\x00é", true}, {"**", "x", true},
		{"a*", "a", true}, {"a*", "ab", true}, {"a*", "ba", false}, {"*a", "ba", true}, {"*a", "ab", false},
		{"a*a", "a", false}, {"a*a", "aa", true}, {"a*b*a", "aba", true}, {"a*b*a", "aa", false}, {"ab*ba", "aba", false},
		{"*ab*", "xaab", true}, {"*aab", "aaab", true}, {"a*ab*b", "aabab", true}, {"*a*b", "ab a", false},
		{"shop-*", "shop-db", true}, {"shop-*", "shop", false}, {"shop-*", "xshop-db", false},
		{"system:serviceaccount:shop:*", "system:serviceaccount:shop2:x", false},
		{"a.c", "abc", false}, {"a?c", "abc", false}, {"[a-c]", "b", false}, {"a\\*", "a*", false}, {"(a|b)", "a", false}, {"é*", "éa", true},
	} {
		if got := Match(c.pattern, c.text); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b*a", "abba")
	f.Add("*.*", "a.b\n")
	f.Add("(*)+$", "()+$")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 100 || len(text) > 1000 {
			t.Skip()
		}
		// One byte for each rune, since the reference works on runes.
		parts := strings.Split(latin(pattern), "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		want := regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`).MatchString(latin(text))
		if got := Match(pattern, text); got != want {
			t.Errorf("Match(%q, %q) = %v", pattern, text, got)
		}
	})
}

func latin(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func TestCheckPattern(t *testing.T) {
	for _, p := range []string{"*", "db", "shop-*", "*-db", "a*b*c", ".*", "*.", strings.Repeat("*", 64)} {
		if err := CheckPattern(p); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{"", ".", "..", "a/b", "a b", "é*", "a?", "[a]", "a\n", "*\x00", strings.Repeat("a", 65)} {
		if err := CheckPattern(p); !errors.Is(err, resolve.ErrInvalid) || resolve.Hint(err) == "" {
			t.Errorf("%q: %v", p, err)
		}
	}
	if err := CheckPattern("KEY=c4nary"); strings.Contains(err.Error(), "c4nary") {
		t.Errorf("the message contains what may be a value: %v", err)
	}
}
