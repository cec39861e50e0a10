package mask

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"
)

// matcher finds patterns in a text, in two steps. A pattern has six bytes or
// more, and so three groups of four bytes in its first six; of three groups
// of four bytes in a row in the text one is looked up in filter, which knows
// all of those groups. Nearly all text goes by at that. Where it does not, the
// patterns, which are sorted, are narrowed down byte by byte to those that
// agree with the text.
//
// It does not change once it is made.
type matcher struct {
	patterns []pattern // each once
	heads    map[uint32]span
	first    [256]bool // with what a pattern begins

	filter []uint8 // by hash of four bytes: bit i is set where a pattern may have them at i
	shift  uint
}

// span is a range of patterns.
type span struct{ lo, hi int }

func (s span) empty() bool { return s.lo >= s.hi }

const groups = MinLen - 4 + 1

func newMatcher(values []string) *matcher {
	m := &matcher{heads: map[uint32]span{}}
	m.patterns = sorted(values)
	// One in sixteen of the filter's places is taken, or fewer.
	size := min(max(bits.Len(uint(groups*len(m.patterns)*16)), 12), 20)
	m.filter, m.shift = make([]uint8, 1<<size), uint(32-size)
	for i, p := range m.patterns {
		m.first[p.At(0)] = true
		var head [MinLen]byte
		for j := range head {
			head[j] = p.At(j)
		}
		for j := range groups {
			m.filter[m.slot(head[j:])] |= 1 << j
		}
		key := binary.LittleEndian.Uint32(head[:])
		if s, known := m.heads[key]; known {
			m.heads[key] = span{s.lo, i + 1}
		} else {
			m.heads[key] = span{i, i + 1}
		}
	}
	return m
}

// sorted is all forms of the values, each once, in the order of their bytes.
func sorted(values []string) []pattern {
	type entry struct {
		head uint64 // decides nearly always
		pattern
	}
	var all []entry
	for _, v := range values {
		for _, p := range forms(v) {
			var head [8]byte
			for i := range min(len(head), p.Len()) {
				head[i] = p.At(i)
			}
			all = append(all, entry{binary.BigEndian.Uint64(head[:]), p})
		}
	}
	order := func(a, b entry) int {
		if c := cmp.Compare(a.head, b.head); c != 0 {
			return c
		}
		return compare(a.pattern, b.pattern, MinLen)
	}
	slices.SortFunc(all, order)
	all = slices.CompactFunc(all, func(a, b entry) bool { return order(a, b) == 0 })
	patterns := make([]pattern, len(all))
	for i := range all {
		patterns[i] = all[i].pattern
	}
	return patterns
}

func (m *matcher) slot(four []byte) uint32 {
	return binary.LittleEndian.Uint32(four) * 0x9e3779b1 >> m.shift
}

// next is the first place, from at on, where a pattern may begin; the text's
// length if there is none.
func (m *matcher) next(text []byte, at int) int {
	if len(m.patterns) == 0 {
		return len(text)
	}
	for i := at + groups - 1; i+4 <= len(text); i += groups {
		found := m.filter[m.slot(text[i:])]
		if found == 0 {
			continue
		}
		return i + 1 - bits.Len8(found) // the earliest; the caller continues behind it
	}
	for i := max(at, len(text)-MinLen+1); i < len(text); i++ { // too short for the filter
		if m.first[text[i]] {
			return i
		}
	}
	return len(text)
}

// match is the length of the longest pattern with which the text begins, 0 if
// there is none, and the patterns of which all of the text is a beginning.
func (m *matcher) match(text []byte) (longest int, unfinished span) {
	s, depth := span{0, len(m.patterns)}, 0
	if len(text) >= 4 {
		s, depth = m.heads[binary.LittleEndian.Uint32(text)], 4
	}
	for ; !s.empty(); depth++ {
		if m.patterns[s.lo].Len() == depth { // it comes before all that it begins
			longest = depth
			if s.lo++; s.empty() {
				break
			}
		}
		if depth == len(text) {
			return longest, s
		}
		if s.lo+1 == s.hi {
			p := m.patterns[s.lo]
			switch n := min(p.Len(), len(text)); {
			case !agrees(p, text, depth, n):
				return longest, span{}
			case n == p.Len():
				return n, span{}
			}
			return longest, s
		}
		s = m.narrow(s, depth, text[depth])
	}
	return longest, span{}
}

// narrow is those of a span that have b at depth.
func (m *matcher) narrow(s span, depth int, b byte) span {
	lo := s.lo + sort.Search(s.hi-s.lo, func(i int) bool { return m.patterns[s.lo+i].At(depth) >= b })
	hi := lo + sort.Search(s.hi-lo, func(i int) bool { return m.patterns[lo+i].At(depth) > b })
	return span{lo, hi}
}

// shortest is the length of the shortest of a span.
func (m *matcher) shortest(s span) int {
	n := m.patterns[s.lo].Len()
	for _, p := range m.patterns[s.lo:s.hi] {
		n = min(n, p.Len())
	}
	return n
}
