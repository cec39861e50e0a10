package api

import (
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// Match says whether all of text fits pattern, byte by byte: * stands for any
// run of bytes, also for none, and nothing else is special. What lies between
// two stars is looked for once, from the left, so it takes linear time
// whatever the pattern.
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

// CheckPattern says whether pattern may stand in a Scope: 1 to 64 of what
// names are made of, and *. The error is an ErrInvalid.
func CheckPattern(pattern string) error {
	if resolve.CheckName(strings.ReplaceAll(pattern, "*", "x")) == nil {
		return nil
	}
	shown := fmt.Sprintf("%q", pattern)
	if len(pattern) > resolve.MaxNameLength || strings.ContainsAny(pattern, "=\x00") { // as of names: it may be a value out of place
		shown = "(not shown)"
	}
	return resolve.WithHint(fmt.Errorf("%w pattern %s: want 1 to %d of A-Z a-z 0-9 . _ - *", resolve.ErrInvalid, shown, resolve.MaxNameLength), "write it as db, shop-* or *")
}
