package dotenv

import "strings"

// A value that interpolates others is kept as a rope until the whole file is read. The lines
//
//	A=xx
//	A=${A}${A}
//	A=${A}${A}    and so on
//
// double a value 40 times in half a kilobyte, and 100,000 lines A=${A}x copy five gigabytes on the way to one of
// 100 kB. A rope does neither: it refers to what it is made of, its length is a sum, and only the final values are
// written out, after their lengths together were found to be within [MaxResult].

// piece is a text or, if rope is not 0, a rope.
type piece struct {
	text string
	rope int32 // 1 + its index in ropes.all
}

// ropes holds the ropes of a file. Each has two pieces or more, none empty: so writing one out takes no more steps
// than twice its bytes, however often its parts are shared.
type ropes struct {
	all    []rope
	pieces []piece
}

type rope struct {
	from, to int32 // in ropes.pieces
	size     int32 // bytes; tooBig if it has more than MaxResult, and then no pieces
}

const tooBig = MaxResult + 1

// reserve makes room for the ropes that a text seems to have, once; bounded as in table.reserve.
func (r *ropes) reserve(text string) {
	if r.all == nil {
		n := min(strings.Count(text, "${"), len(text)/24) + 1
		r.all, r.pieces = make([]rope, 0, n), make([]piece, 0, 3*n)
	}
}

func (r *ropes) size(p piece) int {
	if p.rope == 0 {
		return min(len(p.text), tooBig)
	}
	return int(r.all[p.rope-1].size)
}

// builder makes one piece of many.
type builder struct {
	*ropes
	from, size int
}

func (r *ropes) build() builder { return builder{ropes: r, from: len(r.pieces)} }

func (b *builder) add(p piece) {
	size := b.ropes.size(p)
	if size == 0 || b.size == tooBig {
		return
	}
	if b.size = min(b.size+size, tooBig); b.size == tooBig {
		b.pieces = b.pieces[:b.from]
		return
	}
	b.pieces = append(b.pieces, p)
}

func (b *builder) done() piece {
	if n := len(b.pieces) - b.from; b.size != tooBig && n <= 1 {
		if n == 0 {
			return piece{}
		}
		only := b.pieces[b.from]
		b.pieces = b.pieces[:b.from]
		return only
	}
	b.all = append(b.all, rope{int32(b.from), int32(len(b.pieces)), int32(b.size)})
	return piece{rope: int32(len(b.all))}
}

// write writes a rope out and says in how many steps. It keeps a stack of its own: ropes may be a million deep.
func (r *ropes) write(b *strings.Builder, id int32) (steps int) {
	stack := []rope{r.all[id-1]}
	for len(stack) > 0 {
		steps++
		top := &stack[len(stack)-1]
		p := r.pieces[top.from]
		if top.from++; top.from == top.to {
			stack = stack[:len(stack)-1]
		}
		if p.rope != 0 {
			stack = append(stack, r.all[p.rope-1])
		} else {
			b.WriteString(p.text)
		}
	}
	return steps
}
