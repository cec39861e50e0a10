package dotenv

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

const bom = "\ufeff"

// normalise rejects invalid UTF-8, removes one BOM, and replaces CRLF and CR by LF.
func normalise(data []byte, file string) (string, error) {
	if !utf8.Valid(data) {
		return "", badByte(data, file, true)
	}
	data = bytes.TrimPrefix(data, []byte(bom))
	cr := bytes.IndexByte(data, '\r')
	if cr < 0 {
		return string(data), nil
	}
	var b strings.Builder
	b.Grow(len(data))
	for cr >= 0 {
		b.Write(data[:cr])
		b.WriteByte('\n')
		data = data[cr+1:]
		if len(data) > 0 && data[0] == '\n' {
			data = data[1:]
		}
		cr = bytes.IndexByte(data, '\r')
	}
	b.Write(data)
	return b.String(), nil
}

// badByte finds the first invalid byte. A single CR ends a line too, if crEndsLine is true.
func badByte(data []byte, file string, crEndsLine bool) error {
	whole := data
	data = bytes.TrimPrefix(data, []byte(bom))
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		lone := r == '\r' && crEndsLine && !bytes.HasPrefix(data[i+1:], []byte("\n"))
		if i += size; r == '\n' || lone {
			line, column = line+1, 1
		} else {
			column++
		}
	}
	return &EncodingError{file, line, column, Encoding(whole)}
}

// Classes of bytes. A character above ASCII must be decoded first.
const (
	space = 1 << iota // SPACE
	stop              // ends an unquoted name: SPACE, '=', '#'
	wide              // the first byte of a character above ASCII
)

var class = func() (c [256]uint8) {
	for b := range c {
		switch {
		case b >= utf8.RuneSelf:
			c[b] = wide
		case b >= 0x09 && b <= 0x0d, b >= 0x1c && b <= 0x20:
			c[b] = space | stop
		case b == '=', b == '#':
			c[b] = stop
		}
	}
	return c
}()

// isSpace defines SPACE as Python's str.isspace, which includes U+001C–001F, unlike Go's unicode.IsSpace.
func isSpace(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= 0 && class[r]&space != 0
	case r >= 0x2000 && r <= 0x200a:
		return true
	}
	switch r {
	case 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
		return true
	}
	return false
}

// spaceAt returns the number of bytes of the SPACE at s[i:], or 0.
func spaceAt(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	if c := class[s[i]]; c&wide == 0 {
		return int(c & space)
	}
	if r, size := utf8.DecodeRuneInString(s[i:]); isSpace(r) {
		return size
	}
	return 0
}

// spaceBefore returns the number of bytes of the SPACE at the end of s[:i], or 0.
func spaceBefore(s string, i int) int {
	if i == 0 {
		return 0
	}
	if c := class[s[i-1]]; c&wide == 0 {
		return int(c & space)
	}
	if r, size := utf8.DecodeLastRuneInString(s[:i]); isSpace(r) {
		return size
	}
	return 0
}
