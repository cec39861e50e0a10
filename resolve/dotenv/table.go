package dotenv

import (
	"hash/maphash"
	"strings"
)

// fewVars is the number of variables up to which a linear search is faster than hashing.
const fewVars = 8

// table has the variables of a file, each name once, in the order of the first assignment.
type table struct {
	vars  []Var
	ropes ropes
	roped []int32 // by index in vars, may be shorter: a value that is a rope, see piece.rope

	// An index by name with open addressing, at least half free, nil up to fewVars. It uses four bytes for a slot; a map
	// would also store the header of each name. Finding duplicates is the main cost of a file with many short lines.
	seed  maphash.Seed
	slots []uint32 // 0 if free; else 1 + index in vars in the low bits, and bits of the hash in the others

	steps int // bytes and pieces that result read, see parser.work
}

// reserve allocates space for the estimated number of variables, so that the table rarely grows. The length of the text
// limits it: otherwise a file of newlines would reserve many times its size.
func (t *table) reserve(text string) {
	n := min(strings.Count(text, "\n"), strings.Count(text, "="), len(text)/12)
	t.vars = make([]Var, 0, n+1)
}

// set assigns a value. A new name is added at the end, a known one keeps its position.
func (t *table) set(v Var, rope int32) {
	i, free, known := t.find(v.Name)
	if known {
		t.vars[i] = v
	} else {
		i = len(t.vars)
		t.vars = append(t.vars, v)
		t.index(free)
	}
	if rope == 0 && i >= len(t.roped) {
		return
	}
	for i >= len(t.roped) {
		t.roped = append(t.roped, 0)
	}
	t.roped[i] = rope
}

// piece returns the current value of a variable.
func (t *table) piece(i int) piece {
	if i < len(t.roped) && t.roped[i] != 0 {
		return piece{rope: t.roped[i]}
	}
	return piece{text: t.vars[i].Value}
}

// find returns the index of a name in vars, or, if it is unknown, its place in the index.
func (t *table) find(name string) (i int, free place, known bool) {
	if t.slots == nil {
		for i := range t.vars {
			if t.vars[i].Name == name {
				return i, place{}, true
			}
		}
		return 0, place{}, false
	}
	hash, mask := uint32(maphash.String(t.seed, name)), uint32(len(t.slots)-1)
	for at := hash & mask; ; at = (at + 1) & mask {
		s := t.slots[at]
		if s == 0 {
			return 0, place{at, hash &^ mask}, false
		}
		if s&^mask == hash&^mask && t.vars[s&mask-1].Name == name {
			return int(s&mask - 1), place{}, true
		}
	}
}

// place is a free slot and the bits of the hash to store there.
type place struct{ at, tag uint32 }

// index adds the last variable to the index, at the place that find returned.
func (t *table) index(free place) {
	if n := len(t.vars); t.slots != nil && 2*n <= len(t.slots) {
		t.slots[free.at] = free.tag | uint32(n)
	} else if n > fewVars {
		t.reindex()
	}
}

// reindex rebuilds the index for the capacity of vars.
func (t *table) reindex() {
	if t.slots == nil {
		t.seed = maphash.MakeSeed()
	}
	size := 4 * fewVars
	for size < 2*cap(t.vars) {
		size *= 2
	}
	t.slots = make([]uint32, size)
	for i := range t.vars {
		_, free, _ := t.find(t.vars[i].Name)
		t.slots[free.at] = free.tag | uint32(i+1)
	}
}

// result converts the ropes to strings, in one text, unless the values together are too long.
func (t *table) result(file string) ([]Var, error) {
	total, roped := 0, 0
	for i := range t.vars {
		p := t.piece(i)
		size := t.ropes.size(p)
		if total += size; total > MaxResult {
			return nil, tooLarge(file, tooMuch)
		}
		if p.rope != 0 {
			roped += size
		}
	}
	var b strings.Builder
	b.Grow(roped)
	for i, rope := range t.roped {
		if rope != 0 {
			from := b.Len()
			t.steps += t.ropes.write(&b, rope)
			t.vars[i].Value = b.String()[from:]
		}
	}
	t.steps += b.Len()
	return t.vars, nil
}
