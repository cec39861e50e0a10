package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/squire-env/squire/resolve"
)

// ParseResolveRequest parses the most frequent request without reflection. ok is
// false for everything that is not plain: an escape, a character beyond ASCII,
// an unknown or duplicate field, anything malformed. The caller then uses
// encoding/json, whose result counts; if ok is true, both agree.
func ParseResolveRequest(b []byte) (r ResolveRequest, ok bool) {
	p := plainParser{b: b, ok: true}
	p.object(func(field string) {
		switch field {
		case "secrets":
			r.Secrets = []SecretRef{}
			p.array(func() { r.Secrets = append(r.Secrets, p.ref()) })
		case "etag":
			r.Etag = p.text()
		default:
			p.ok = false
		}
	})
	return r, p.whole()
}

func (p *plainParser) ref() (r SecretRef) {
	p.object(func(field string) {
		switch field {
		case "environment":
			r.Environment = p.text()
		case "name":
			r.Name = p.text()
		case "required_keys":
			r.RequiredKeys = []string{}
			p.array(func() { r.RequiredKeys = append(r.RequiredKeys, p.text()) })
		case "version":
			r.Version = p.number()
		case "optional":
			r.Optional = p.boolean()
		default:
			p.ok = false
		}
	})
	return r
}

// UnmarshalResolveResponse is json.Unmarshal for the most frequent response, without
// reflection where it is plain, apart from escapes in values.
func UnmarshalResolveResponse(b []byte, r *ResolveResponse) error {
	p := plainParser{b: b, ok: true}
	var plain ResolveResponse
	p.object(func(field string) {
		switch field {
		case "secrets":
			plain.Secrets = []ResolvedSecret{}
			p.array(func() { plain.Secrets = append(plain.Secrets, p.resolved()) })
		case "etag":
			plain.Etag = p.text()
		case "unchanged":
			plain.Unchanged = p.boolean()
		default:
			p.ok = false
		}
	})
	if !p.whole() {
		return json.Unmarshal(b, r)
	}
	*r = plain
	return nil
}

func (p *plainParser) resolved() (s ResolvedSecret) {
	p.object(func(field string) {
		switch field {
		case "environment":
			s.Environment = p.text()
		case "name":
			s.Name = p.text()
		case "version":
			s.Version = p.number()
		case "env_dict":
			s.EnvDict = p.dict()
		case "absent":
			s.Absent = p.boolean()
		default:
			p.ok = false
		}
	})
	return s
}

// UnmarshalWatchResponse is json.Unmarshal for the end of a wait, as
// UnmarshalResolveResponse is.
func UnmarshalWatchResponse(b []byte, r *WatchResponse) error {
	p := plainParser{b: b, ok: true}
	var plain WatchResponse
	p.object(func(field string) {
		switch field {
		case "changed":
			plain.Changed = p.boolean()
		case "etag":
			plain.Etag = p.text()
		default:
			p.ok = false
		}
	})
	if !p.whole() {
		return json.Unmarshal(b, r)
	}
	*r = plain
	return nil
}

// ParseCreateRequest is ParseResolveRequest for the most frequent write. It also
// accepts escapes in values, since every PEM file has them.
func ParseCreateRequest(b []byte) (r CreateSecretRequest, ok bool) {
	p := plainParser{b: b, ok: true}
	p.object(func(field string) {
		switch field {
		case "environment":
			r.Environment = p.text()
		case "name":
			r.Name = p.text()
		case "if_exists":
			r.IfExists = resolve.IfExists(p.text())
		case "env_dict":
			r.EnvDict = p.dict()
		default:
			p.ok = false
		}
	})
	return r, p.whole()
}

// parseChanges parses the keys and values of a secret; if ok is false,
// unmarshalChanges finds out what is wrong.
func parseChanges(b []byte) (c EnvChanges, ok bool) {
	p := plainParser{b: b, ok: true}
	c = EnvChanges{}
	p.values(func(key string, v resolve.Value) bool {
		_, twice := c[key]
		c[key] = &v
		return !twice
	})
	return c, p.whole()
}

func (p *plainParser) dict() EnvDict {
	d := EnvDict{}
	p.values(func(key string, v resolve.Value) bool {
		_, twice := d[key]
		d[key] = v
		return !twice
	})
	return d
}

// values reads keys and values; put is false for a duplicate key.
func (p *plainParser) values(put func(key string, v resolve.Value) bool) {
	p.list('{', '}', func() {
		key := p.text()
		p.take(':')
		if p.ok = p.ok && resolve.CheckKey(key) == nil; p.ok {
			p.ok = put(key, resolve.NewValue(p.anyText())) && p.ok
		}
	})
}

// anyText parses a string, with encoding/json if it has escapes. A replacement
// character may have been half of a surrogate pair: unmarshalChanges decides.
func (p *plainParser) anyText() (s string) {
	p.peek()
	begin, plain := p.at, true
	p.take('"')
	for ; p.ok && p.at < len(p.b) && p.b[p.at] != '"'; p.at++ {
		switch c := p.b[p.at]; {
		case c == '\\':
			plain = false
			p.at++
		case c < ' ' || c >= utf8.RuneSelf:
			plain = false
		}
	}
	p.take('"')
	if !p.ok {
		return ""
	}
	raw := p.b[begin:p.at]
	if plain {
		return string(raw[1 : len(raw)-1])
	}
	if json.Unmarshal(raw, &s) != nil || strings.ContainsRune(s, utf8.RuneError) {
		p.ok = false
	}
	return s
}

// plainParser parses plain JSON; at the first thing that is not plain, ok becomes
// false.
type plainParser struct {
	b  []byte
	at int
	ok bool
}

// whole reports whether all was read, and plain.
func (p *plainParser) whole() bool { return p.ok && p.peek() == 0 && p.at == len(p.b) }

// peek skips white space, and returns the next byte, or 0 at the end.
func (p *plainParser) peek() byte {
	for ; p.at < len(p.b); p.at++ {
		switch c := p.b[p.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take consumes the byte c, or fails.
func (p *plainParser) take(c byte) {
	if p.ok = p.ok && p.peek() == c; p.ok {
		p.at++
	}
}

// list parses elements between two brackets.
func (p *plainParser) list(open, end byte, element func()) {
	p.take(open)
	if p.ok && p.peek() == end {
		p.at++
		return
	}
	for p.ok {
		element()
		if p.ok && p.peek() == ',' {
			p.at++
			continue
		}
		p.take(end)
		return
	}
}

func (p *plainParser) array(element func()) { p.list('[', ']', element) }

func (p *plainParser) object(member func(field string)) {
	var seen [5]string
	n := 0
	p.list('{', '}', func() {
		field := p.text()
		p.take(':')
		for _, s := range seen[:n] {
			p.ok = p.ok && s != field
		}
		if p.ok = p.ok && n < len(seen); p.ok {
			seen[n] = field
			n++
			member(field)
		}
	})
}

func (p *plainParser) text() string {
	p.take('"')
	for i := p.at; p.ok && i < len(p.b); i++ {
		switch c := p.b[i]; {
		case c == '"':
			s := string(p.b[p.at:i])
			p.at = i + 1
			return s
		case c < ' ' || c > '~' || c == '\\':
			p.ok = false
		}
	}
	p.ok = false
	return ""
}

func (p *plainParser) boolean() bool {
	p.peek()
	rest := p.b[p.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("true")):
		p.at += len("true")
		return true
	case bytes.HasPrefix(rest, []byte("false")):
		p.at += len("false")
	default:
		p.ok = false
	}
	return false
}

// number parses 0 to 999,999,999 without a leading zero.
func (p *plainParser) number() (n int) {
	p.peek()
	begin := p.at
	for p.at < len(p.b) && p.b[p.at] >= '0' && p.b[p.at] <= '9' && p.at-begin < 9 {
		n = n*10 + int(p.b[p.at]-'0')
		p.at++
	}
	digits := p.at - begin
	p.ok = p.ok && digits > 0 && (digits == 1 || p.b[begin] != '0')
	return n
}
