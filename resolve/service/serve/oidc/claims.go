package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/squire-env/squire/resolve/api"
)

const maxDepth = 16 // nested objects and lists in a token

// claims is a JSON object. Its values are string, bool, json.Number, nil, []any
// and claims.
type claims map[string]any

var errJSON = errors.New("invalid JSON") // without details: those of encoding/json may quote the input

// parseClaims accepts only an object that every JSON parser reads the same way:
// without duplicate names at any depth, and without invalid Unicode, which
// encoding/json replaces by U+FFFD.
func parseClaims(b []byte) (claims, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	c, ok := v.(claims)
	if _, err := d.Token(); !ok || err != io.EOF {
		return nil, errJSON
	}
	return c, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil || depth > maxDepth {
		return nil, errJSON
	}
	switch t := t.(type) {
	case string:
		if strings.ContainsRune(t, utf8.RuneError) {
			return nil, errJSON
		}
		return t, nil
	case json.Delim:
		if t == '{' {
			return parseObject(d, depth)
		}
		return parseList(d, depth)
	default:
		return t, nil
	}
}

func parseObject(d *json.Decoder, depth int) (any, error) {
	c := claims{}
	for d.More() {
		name, err := parseValue(d, depth)
		text, ok := name.(string)
		if _, twice := c[text]; err != nil || !ok || twice {
			return nil, errJSON
		}
		if c[text], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return c, err
}

func parseList(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

// find returns the values at a path. A dot either separates two names or belongs
// to one (kubernetes.io.namespace is "namespace" in "kubernetes.io"), so every
// reading is tried. More than one value means that the path is ambiguous.
func (c claims) find(path string) []any {
	var found []any
	if v, there := c[path]; there {
		found = append(found, v)
	}
	for i := range len(path) {
		if path[i] == '.' {
			if inner, ok := c[path[:i]].(claims); ok {
				found = append(found, inner.find(path[i+1:])...)
			}
		}
	}
	return found
}

// fits reports whether the claim at a path, as text, matches the pattern. Of a
// list, any element may match. An ambiguous path never matches.
func (c claims) fits(path, pattern string) bool {
	found := c.find(path)
	if len(found) != 1 {
		return false
	}
	list, ok := found[0].([]any)
	if !ok {
		list = found
	}
	for _, v := range list {
		text, ok := "", true
		switch v := v.(type) {
		case string:
			text = v
		case json.Number:
			text = v.String()
		case bool:
			text = map[bool]string{true: "true", false: "false"}[v]
		default:
			ok = false
		}
		if ok && api.Match(pattern, text) {
			return true
		}
	}
	return false
}
