package api

import (
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// Match says whether pattern matches all of text, byte by byte: * matches any
// sequence of bytes, also the empty one, and nothing else is special. Each part
// between two stars is searched once, from the left, so no pattern needs
// backtracking.
func Match(pattern, text string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	for {
		part, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(text, part)
		}
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text, rest = text[at+len(part):], more
	}
}

// CheckPattern checks a pattern of a Scope: 1 to 64 of the characters of names
// and *. The error is an ErrInvalid.
func CheckPattern(pattern string) error {
	if resolve.CheckName(strings.ReplaceAll(pattern, "*", "x")) == nil {
		return nil
	}
	shown := fmt.Sprintf("%q", pattern)
	if len(pattern) > resolve.MaxNameLength || strings.ContainsAny(pattern, "=\x00") { // like a bad name: it may be a value in the wrong place
		shown = "(not shown)"
	}
	return resolve.WithHint(fmt.Errorf("%w pattern %s: want 1 to %d of A-Z a-z 0-9 . _ - *", resolve.ErrInvalid, shown, resolve.MaxNameLength), "examples: db, shop-*, *")
}
