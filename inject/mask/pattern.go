package mask

import "cmp"

// pattern is a text to hide, MinLen bytes or more. The longer encodings of a
// value are not kept but read off the value, letter by letter: there are a
// dozen of them, and a value may be a key of many kilobytes.
type pattern interface {
	Len() int
	At(i int) byte
}

// plain is a text as it is.
type plain string

func (p plain) Len() int      { return len(p) }
func (p plain) At(i int) byte { return p[i] }

// hexed is a value in hex.
type hexed struct {
	value  string
	digits string
}

const (
	lowerHex = "0123456789abcdef"
	upperHex = "0123456789ABCDEF"
)

func (h hexed) Len() int      { return 2 * len(h.value) }
func (h hexed) At(i int) byte { return h.digits[h.value[i/2]>>(4-4*(i&1))&15] }

// base64ed is the letters from first to end of the base64 of a text that holds
// the value after lead other bytes (0 to 2; more are as many as the remainder
// by 3). Letters after the text's last are padding.
type base64ed struct {
	value            string
	alphabet         string
	lead, first, end int
}

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	stdAlphabet  = alphanumeric + "+/"
	urlAlphabet  = alphanumeric + "-_"
)

func (b base64ed) Len() int { return b.end - b.first }

func (b base64ed) At(i int) byte {
	bit := 6*(b.first+i) - 8*b.lead
	at := bit / 8
	if at >= len(b.value) {
		return '='
	}
	two := uint(b.value[at]) << 8
	if at+1 < len(b.value) {
		two |= uint(b.value[at+1])
	}
	return b.alphabet[two>>(10-bit%8)&63]
}

// compare orders patterns as their texts, of which the first from bytes are
// known to be the same. Long texts that differ late, if at all, are mostly of
// one kind: those need not be read letter by letter.
func compare(a, b pattern, from int) int {
	switch a := a.(type) {
	case plain:
		if b, ok := b.(plain); ok {
			return cmp.Compare(a, b)
		}
	case base64ed:
		if b, ok := b.(base64ed); ok {
			end := a.end
			if a.end = b.end; a == b {
				return cmp.Compare(end, b.end)
			}
			a.end = end
		}
	}
	n := min(a.Len(), b.Len())
	for i := from; i < n; i++ {
		if c := cmp.Compare(a.At(i), b.At(i)); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.Len(), b.Len())
}

// agrees says whether a pattern and a text are the same from one place to
// another.
func agrees(p pattern, text []byte, from, to int) bool {
	if s, ok := p.(plain); ok {
		return string(text[from:to]) == string(s[from:to])
	}
	for i := from; i < to; i++ {
		if p.At(i) != text[i] {
			return false
		}
	}
	return true
}
