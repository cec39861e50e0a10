package dotenv

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser parses the default dialect in the same way as python-dotenv's parser.py.
type parser struct {
	s    string // the whole text: UTF-8, lines end with LF
	pos  int    // of the next byte
	line int    // of pos, from 1
	bol  int    // where that line starts in s
	from start  // of the last quote of the statement, else of the statement

	lookup, outranks func(string) (string, bool)
	foreign          func() bool
	mixed            bool // the value that is interpolated holds a foreign one

	literal bool // nothing is interpolated
	unset   func(Unset)
	table   *table
	faults  *faults

	work int // bytes read and pieces made, counted for the tests of linearity
}

// run parses all statements.
func (p *parser) run() {
	for p.skipSpace(); p.pos < len(p.s); p.skipSpace() {
		p.work += p.pos - p.bol
		p.mark()
		v := Var{Line: p.line, Column: p.column()}
		name, raw, expected := p.statement(&v)
		switch {
		case expected != "":
			if p.line != p.from.line {
				expected += " on line " + strconv.Itoa(p.line)
			}
			p.faults.add(p.from.line, p.column(), expected)
			p.skipLine()
		case name != "":
			v.Name = name
			p.assign(v, raw)
		}
	}
}

// start is where a statement or a quote starts.
type start struct{ pos, line, bol int }

// mark notes pos as the place of the faults that follow.
func (p *parser) mark() { p.from = start{p.pos, p.line, p.bol} }

// column is that of the place that was marked.
func (p *parser) column() int { return 1 + utf8.RuneCountInString(p.s[p.from.bol:p.from.pos]) }

// statement parses one statement including its LF. A comment has no name. For a bad statement, expected is not empty;
// then pos is where it failed, and lines inside quotes are not parsed again.
func (p *parser) statement(v *Var) (name, raw, expected string) {
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
	if v.NoValue = p.peek() != '='; !v.NoValue {
		p.pos++
		p.skipBlank()
		if raw, expected = p.value(); expected != "" {
			return "", "", expected
		}
		p.skipBlank()
		rest = "the end of the line after the closing quote" // an unquoted value extends to the end of the line
	}
	if c := p.peek(); c != '\n' && c != '#' && p.pos < len(p.s) {
		return "", "", rest
	}
	p.skipLine()
	return name, raw, ""
}

// skipExport skips one "export" and the BLANK that must follow it.
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

// name parses a quoted name, which may span lines, or the longest sequence without '=', '#' and SPACE.
func (p *parser) name() (name, expected string) {
	if p.peek() == '\'' {
		p.mark()
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
		p.pos++ // the other bytes of a multi-byte character are not SPACE
	}
	p.work += p.pos - start
	if p.pos == start {
		return "", "a name"
	}
	return p.s[start:p.pos], ""
}

// peek returns the next byte, or 0 at the end (a NUL has no meaning for the callers).
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

// skipSpace skips SPACE, including newlines.
func (p *parser) skipSpace() {
	for p.skipBlank(); p.peek() == '\n'; p.skipBlank() {
		p.pos++
		p.line, p.bol = p.line+1, p.pos
	}
}

// skipBlank skips BLANK, which is SPACE without LF, and returns the number of bytes. Usually there is none.
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

// skipLine moves behind the next LF, or to the end.
func (p *parser) skipLine() {
	if end := p.index('\n', p.pos); end >= 0 {
		p.pos = end + 1
		p.line, p.bol = p.line+1, p.pos
	} else {
		p.pos = len(p.s)
	}
}

// advance moves to pos and counts the lines.
func (p *parser) advance(pos int) {
	taken := p.s[p.pos:pos]
	p.work += len(taken)
	if n := strings.Count(taken, "\n"); n > 0 {
		p.line += n
		p.bol = p.pos + strings.LastIndexByte(taken, '\n') + 1
	}
	p.pos = pos
}
