package dotenv

import "strings"

// value parses the value after "=" and BLANK, up to the closing quote or the LF. In quotes, escapes are decoded.
func (p *parser) value() (raw, expected string) {
	switch c := p.peek(); c {
	case '\'', '"':
		p.mark()
		end := p.closing(c)
		if end < 0 {
			return "", "a closing " + string(c) + " after the value"
		}
		raw = p.s[p.pos+1 : end]
		p.advance(end + 1)
		return p.unescape(raw, c), ""
	default:
		return p.unquoted(), ""
	}
}

// closing returns the position of the quote that closes the one at pos, or -1: the first such quote that does not
// follow a backslash, else the last one that does. It considers only one byte before the quote, so \\" does not close.
//
// A search that finds nothing happens at most once for each kind of quote: a later opening quote follows "=" or BLANK,
// so the search would have found it.
func (p *parser) closing(quote byte) int {
	last := -1
	for at := p.index(quote, p.pos+1); at >= 0; at = p.index(quote, at+1) {
		if p.s[at-1] != '\\' {
			return at
		}
		last = at
	}
	return last
}

// unquoted parses to the end of the line, without a comment that follows SPACE and without trailing SPACE.
func (p *parser) unquoted() string {
	start, end := p.pos, p.index('\n', p.pos)
	if end < 0 {
		end = len(p.s)
	}
	p.pos = end
	line := p.s[start:end]
	p.work += len(line)
	for from := 0; ; {
		n := strings.IndexByte(line[from:], '#')
		if n < 0 {
			break
		}
		if at := from + n; spaceBefore(line, at) > 0 {
			line = line[:at]
			break
		}
		from += n + 1
	}
	for n := spaceBefore(line, len(line)); n > 0; n = spaceBefore(line, len(line)) {
		line = line[:len(line)-n]
	}
	return line
}

// unescape decodes the escapes that are valid between such quotes, in one pass. Any other backslash is kept.
func (p *parser) unescape(raw string, quote byte) string {
	at := strings.IndexByte(raw, '\\')
	if at < 0 {
		return raw
	}
	p.work += len(raw)
	var b strings.Builder
	b.Grow(len(raw))
	for ; at >= 0 && at+1 < len(raw); at = strings.IndexByte(raw, '\\') {
		b.WriteString(raw[:at])
		if c, ok := unescaped(raw[at+1], quote); ok {
			b.WriteByte(c)
			raw = raw[at+2:]
		} else {
			b.WriteByte('\\')
			raw = raw[at+1:]
		}
	}
	b.WriteString(raw)
	return b.String()
}

// unescaped returns the character that a backslash and c mean.
func unescaped(c, quote byte) (byte, bool) {
	switch {
	case c == '\\' || c == '\'':
		return c, true
	case quote == '\'':
		return 0, false
	}
	switch c {
	case '"':
		return c, true
	case 'a':
		return '\a', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'v':
		return '\v', true
	}
	return 0, false
}
