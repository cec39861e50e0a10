package dotenv

import "strings"

// assign sets a variable, after interpolation with the variables that are set so far.
func (p *parser) assign(v Var, raw string) {
	value := piece{text: raw}
	if !p.literal {
		p.mixed = false
		value = p.expand(&v, raw)
		v.Foreign = p.mixed
	}
	v.Value = value.text
	p.table.set(v, value.rope)
}

// expand replaces ${NAME} and ${NAME:-DEFAULT}, in one pass and without nesting: NAME is anything but '}' and ':',
// DEFAULT anything but '}'. What does not match is kept, and the search continues at the character after its '$'.
func (p *parser) expand(to *Var, raw string) piece {
	at := p.indexIn(raw, "${", 0)
	if at < 0 {
		return piece{text: raw}
	}
	p.table.ropes.reserve(p.s)
	b := p.table.ropes.build()
	literal := 0             // start of the text that is not copied yet
	closing, colon := -1, -1 // the next of each; not searched again before it is passed, or "${${${" would be quadratic
	for next := at; at >= 0; at = p.indexIn(raw, "${", next) {
		name := at + len("${")
		if closing < name {
			if closing = p.indexIn(raw, "}", name); closing < 0 {
				break
			}
		}
		if colon < name {
			if colon = p.indexIn(raw, ":", name); colon < 0 {
				colon = len(raw)
			}
		}
		var value piece
		switch {
		case closing < colon:
			var set bool
			if value, set = p.get(raw[name:closing]); !set && p.unset != nil {
				p.unset(unsetIn(to, raw[name:closing]))
			}
		case raw[colon+1] == '-':
			var set bool
			if value, set = p.get(raw[name:colon]); !set {
				value = piece{text: raw[colon+2 : closing]}
			}
		default:
			next = at + 1
			continue
		}
		b.add(piece{text: raw[literal:at]})
		b.add(value)
		literal, next = closing+1, closing+1
	}
	b.add(piece{text: raw[literal:]})
	return b.done()
}

// get returns the value of a name: from outranks, from this file so far, or from the environment. Empty is not unset.
func (p *parser) get(name string) (value piece, set bool) {
	if p.outranks != nil {
		if text, ok := p.outranks(name); ok {
			return p.answered(text), true
		}
	}
	if i, _, ok := p.table.find(name); ok {
		p.mixed = p.mixed || p.table.vars[i].Foreign
		return p.table.piece(i), true
	}
	if p.lookup == nil {
		return piece{}, false
	}
	text, ok := p.lookup(name)
	if !ok {
		return piece{}, false
	}
	return p.answered(text), true
}

// answered is what the caller answered just now.
func (p *parser) answered(text string) piece {
	p.mixed = p.mixed || p.foreign != nil && p.foreign()
	return piece{text: text}
}

func unsetIn(to *Var, name string) Unset {
	u := Unset{Line: to.Line, Column: to.Column}
	if isUpperName(name) {
		u.Name = name
	}
	if !strings.ContainsAny(to.Name, "=\x00") {
		u.Key = to.Name
	}
	return u
}

// isUpperName says whether a text is [A-Z_][A-Z0-9_]*.
func isUpperName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// indexIn is strings.Index from a position on.
func (p *parser) indexIn(s, substr string, from int) int {
	n := strings.Index(s[from:], substr)
	if n < 0 {
		p.work += len(s) - from
		return -1
	}
	p.work += n + len(substr)
	return from + n
}
