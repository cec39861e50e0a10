package dotenv

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser reads the default dialect, the way python-dotenv's parser.py does.
type parser struct {
	s    string // the whole text: UTF-8, lines end in LF
	pos  int    // of the next byte
	line int    // of pos, from 1
	bol  int    // where that line begins in s

	lookup, outranks func(string) (string, bool)

	literal bool // nothing is interpolated
	unset   func(Unset)
	table   *table
	faults  *faults

	work int // bytes looked at and pieces made: what the tests of linearity count
}

// run reads statements up to the end.
func (p *parser) run() {
	for p.skipSpace(); p.pos < len(p.s); p.skipSpace() {
		p.work += p.pos - p.bol
		v := Var{Line: p.line, Column: 1 + utf8.RuneCountInString(p.s[p.bol:p.pos])}
		name, raw, expected := p.statement()
		switch {
		case expected != "":
			if p.line != v.Line {
				expected += " on line " + strconv.Itoa(p.line)
			}
			p.faults.add(v.Line, v.Column, expected)
			p.skipLine()
		case name != "":
			v.Name = name
			p.assign(v, raw)
		}
	}
}

// statement reads one statement through its LF. A comment has no name. A bad one says what was expected; pos is then
// where it failed, and what a quote has taken is not given back.
func (p *parser) statement() (name, raw, expected string) {
	p.skipExport()
	if p.peek() == '#' {
		p.skipLine()
		return "", "", ""
	}
	if name, expected = p.name(); expected != "" {
		return "", "", expected
	}
	p.skipBlank()
	rest := `"=" after the name`
	if p.peek() == '=' {
		p.pos++
		p.skipBlank()
		if raw, expected = p.value(); expected != "" {
			return "", "", expected
		}
		p.skipBlank()
		rest = "the end of the line after the closing quote" // an unquoted value leaves nothing
	}
	if c := p.peek(); c != '\n' && c != '#' && p.pos < len(p.s) {
		return "", "", rest
	}
	p.skipLine()
	return name, raw, ""
}

// skipExport drops "export" and the BLANK that has to follow it, once.
func (p *parser) skipExport() {
	const export = "export"
	if !strings.HasPrefix(p.s[p.pos:], export) {
		return
	}
	start := p.pos
	p.pos += len(export)
	if p.skipBlank() == 0 {
		p.pos = start
	}
}

// name reads a quoted key, which may span lines, or the longest run without '=', '#' or SPACE.
func (p *parser) name() (name, expected string) {
	if p.peek() == '\'' {
		end := p.index('\'', p.pos+1)
		if end < 0 {
			return "", "a closing ' after the name"
		}
		if name = p.s[p.pos+1 : end]; name == "" {
			return "", "a name between the quotes"
		}
		p.advance(end + 1)
		return name, ""
	}
	start := p.pos
	for p.pos < len(p.s) {
		c := class[p.s[p.pos]]
		if c&stop != 0 || c&wide != 0 && spaceAt(p.s, p.pos) > 0 {
			break
		}
		p.pos++ // the later bytes of a wide character decode to no SPACE
	}
	p.work += p.pos - start
	if p.pos == start {
		return "", "a name"
	}
	return p.s[start:p.pos], ""
}

// peek is the next byte, 0 at the end (and at a NUL, which means nothing to any caller).
func (p *parser) peek() byte {
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

// index is strings.IndexByte from a position in the text.
func (p *parser) index(c byte, from int) int {
	n := strings.IndexByte(p.s[from:], c)
	if n < 0 {
		p.work += len(p.s) - from
		return -1
	}
	p.work += n + 1
	return from + n
}

// skipSpace skips SPACE, newlines included.
func (p *parser) skipSpace() {
	for p.skipBlank(); p.peek() == '\n'; p.skipBlank() {
		p.pos++
		p.line, p.bol = p.line+1, p.pos
	}
}

// skipBlank skips BLANK, which is SPACE without LF, and says how many bytes. Mostly there is none.
func (p *parser) skipBlank() int {
	if p.pos < len(p.s) && class[p.s[p.pos]]&(space|wide) == 0 {
		return 0
	}
	return p.skipBlanks()
}

func (p *parser) skipBlanks() int {
	start := p.pos
	for p.pos < len(p.s) && p.s[p.pos] != '\n' {
		n := spaceAt(p.s, p.pos)
		if n == 0 {
			break
		}
		p.pos += n
	}
	p.work += p.pos - start + 1
	return p.pos - start
}

// skipLine goes on behind the next LF, or to the end.
func (p *parser) skipLine() {
	if end := p.index('\n', p.pos); end >= 0 {
		p.pos = end + 1
		p.line, p.bol = p.line+1, p.pos
	} else {
		p.pos = len(p.s)
	}
}

// advance goes to pos and counts the lines on the way.
func (p *parser) advance(pos int) {
	taken := p.s[p.pos:pos]
	p.work += len(taken)
	if n := strings.Count(taken, "\n"); n > 0 {
		p.line += n
		p.bol = p.pos + strings.LastIndexByte(taken, '\n') + 1
	}
	p.pos = pos
}
