package dotenv

import "strings"

// A value that interpolates others is stored as a rope until the whole file is parsed. The lines
//
//	A=xx
//	A=${A}${A}
//	A=${A}${A}    and so on
//
// double a value 40 times in half a kilobyte, and 100,000 lines A=${A}x would copy five gigabytes for a value of
// 100 kB. A rope refers to its parts instead of copying them, its length is the sum of theirs, and only the final values
// are converted to strings, after their total length was checked against [MaxResult].

// piece is a text or, if rope is not 0, a rope.
type piece struct {
	text string
	rope int32 // 1 + its index in ropes.all
}

// ropes has the ropes of a file. Each has two pieces or more, none empty, so writing one takes at most twice as many
// steps as it has bytes, however often its parts are shared.
type ropes struct {
	all    []rope
	pieces []piece
}

type rope struct {
	from, to int32 // in ropes.pieces
	size     int32 // in bytes; tooBig if more than MaxResult, then it has no pieces
}

const tooBig = MaxResult + 1

// reserve allocates space for the estimated number of ropes, once; limited as in table.reserve.
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

// builder joins pieces.
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

// write writes a rope to b and returns the number of steps. It is not recursive: ropes can be a million deep.
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
