package resolve

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Ref is what a Provider is asked for, as the user wrote it.
type Ref struct {
	Scheme       string   // selects the provider; "": a squire server or the embedded store
	Path         string   // only the provider interprets it; for squire: [ENVIRONMENT/]NAME
	RequiredKeys []string // must exist, which is asserted where the secret is stored
	Selection             // its keys must exist too
	Optional     bool     // the secret may not exist: then it has no variables
}

const refHint = "write it as db, db:PGUSER,PGPASSWORD, db#PGUSER=USER or prod/db"

// ParseRef parses [SCHEME://]PATH[:KEY,…][#KEY[=NAME],…]. Keys after : are
// required; keys after # are the only ones taken. It checks the syntax only: the
// provider checks the path. The error is an ErrInvalid and does not quote the
// text, which may be a value that was given by mistake.
func ParseRef(text string) (Ref, error) {
	r, err := parseRef(text)
	if err != nil {
		return Ref{}, WithHint(fmt.Errorf("%w reference to a secret: %w", ErrInvalid, err), refHint)
	}
	return r, nil
}

func parseRef(text string) (r Ref, err error) {
	rest := text
	if scheme, after, ok := strings.Cut(text, "://"); ok && !strings.ContainsAny(scheme, ":#/") {
		if !isScheme(scheme) {
			return r, errors.New("want a scheme of a-z, 0-9, + . - before ://")
		}
		r.Scheme, rest = scheme, after
	}
	rest, selected, selects := strings.Cut(rest, "#")
	path, keys, requires := strings.Cut(rest, ":")
	if r.Path = path; path == "" {
		return r, errors.New("the path is empty")
	}
	if !isPlainPath(path) {
		return r, errors.New("the path contains = or a control character")
	}
	if requires {
		r.RequiredKeys = strings.Split(keys, ",")
		for _, k := range r.RequiredKeys {
			if !isRefKey(k) {
				return r, errors.New("want KEY,KEY… after the colon")
			}
		}
	}
	if selects {
		r.Selection, err = parseSelection(selected)
	}
	return r, err
}

func parseSelection(text string) (s Selection, err error) {
	for _, one := range strings.Split(text, ",") {
		key, name, renames := strings.Cut(one, "=")
		if !isRefKey(key) || renames && !isRefKey(name) {
			return s, errors.New("want KEY or KEY=NAME, with commas between, after #")
		}
		if slices.Contains(s.Only, key) {
			return s, errors.New("duplicate key after #")
		}
		s.Only = append(s.Only, key)
		if renames {
			if s.Rename == nil {
				s.Rename = map[string]string{}
			}
			s.Rename[key] = name
		}
	}
	return s, nil
}

// isPlainPath reports whether a path may be shown: it is not KEY=VALUE, given by
// mistake, and has no control characters.
func isPlainPath(path string) bool {
	return !strings.ContainsFunc(path, func(c rune) bool { return c == '=' || c < ' ' || c == 0x7f })
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if letter := c >= 'a' && c <= 'z'; !letter && (i == 0 || !(c >= '0' && c <= '9') && c != '+' && c != '.' && c != '-') {
			return false
		}
	}
	return s != ""
}

// isRefKey reports whether a text can be a key or the name of a variable in a
// reference. A provider may be stricter.
func isRefKey(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(",:#=", c) })
}

// String is the inverse of ParseRef. Optional, Prefix, and a Rename of a key that
// is not in Only have no syntax there.
func (r Ref) String() string {
	var b strings.Builder
	b.WriteString(r.name())
	for i, k := range r.RequiredKeys {
		b.WriteByte(":,"[min(i, 1)])
		b.WriteString(k)
	}
	for i, k := range r.Only {
		b.WriteByte("#,"[min(i, 1)])
		b.WriteString(k)
		if name, ok := r.Rename[k]; ok {
			b.WriteString("=" + name)
		}
	}
	return b.String()
}

// name is the reference without its keys.
func (r Ref) name() string {
	if r.Scheme == "" {
		return r.Path
	}
	return r.Scheme + "://" + r.Path
}

// shown is the reference without its keys, for a message.
func (r Ref) shown() string {
	if !isPlainPath(r.Path) {
		return "(not shown: it contains = or a control character)"
	}
	return r.name()
}

// Keys are the keys that the secret must have: RequiredKeys, then the others of
// the Selection. A Provider asserts them.
func (r Ref) Keys() []string {
	selected := r.Selection.keys()
	if len(selected) == 0 {
		return r.RequiredKeys
	}
	keys := slices.Clone(r.RequiredKeys)
	for _, k := range selected {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// clone is a copy that shares nothing with r.
func (r Ref) clone() Ref {
	r.RequiredKeys, r.Only, r.Rename = slices.Clone(r.RequiredKeys), slices.Clone(r.Only), maps.Clone(r.Rename)
	return r
}
