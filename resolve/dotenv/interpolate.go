package dotenv

import "strings"

// assign gives a name its value, interpolated with what the file has assigned so far.
func (p *parser) assign(v Var, raw string) {
	value := p.expand(raw)
	v.Value = value.text
	p.table.set(v, value.rope)
}

// expand replaces ${NAME} and ${NAME:-DEFAULT}, in one pass and with no nesting: NAME is anything but '}' and ':',
// DEFAULT anything but '}'. What does not match stays, and the search goes on at the character behind its '$'.
func (p *parser) expand(raw string) piece {
	at := p.indexIn(raw, "${", 0)
	if at < 0 {
		return piece{text: raw}
	}
	p.table.ropes.reserve(p.s)
	b := p.table.ropes.build()
	literal := 0             // where what is not copied yet begins
	closing, colon := -1, -1 // the next of each: searched again only when passed, or "${${${" would be quadratic
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
			value = p.get(raw[name:closing], "")
		case raw[colon+1] == '-':
			value = p.get(raw[name:colon], raw[colon+2:closing])
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

// get looks a name up: this file so far, then the environment, then the default. Empty is not absent.
func (p *parser) get(name, otherwise string) piece {
	if i, _, ok := p.table.find(name); ok {
		return p.table.piece(i)
	}
	if p.lookup != nil {
		if value, ok := p.lookup(name); ok {
			return piece{text: value}
		}
	}
	return piece{text: otherwise}
}

// indexIn is strings.Index from a position.
func (p *parser) indexIn(s, substr string, from int) int {
	n := strings.Index(s[from:], substr)
	if n < 0 {
		p.work += len(s) - from
		return -1
	}
	p.work += n + len(substr)
	return from + n
}
