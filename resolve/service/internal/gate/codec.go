package gate

import (
	"encoding/binary"
	"time"
)

// A record is a sequence of strings and numbers without separators: a string
// follows its length; numbers and lengths are uvarints; times are nanoseconds
// since 1970 in eight bytes. Later versions add fields at the end.

type encoder []byte

func (e *encoder) number(n uint64) { *e = binary.AppendUvarint(*e, n) }
func (e *encoder) text(s string)   { e.number(uint64(len(s))); *e = append(*e, s...) }
func (e *encoder) time(t time.Time) {
	*e = binary.BigEndian.AppendUint64(*e, uint64(t.UnixNano()))
}

func (e *encoder) texts(all []string) {
	e.number(uint64(len(all)))
	for _, s := range all {
		e.text(s)
	}
}

type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[size:]
	return n
}

// count is the number of items that follow, each of at least one byte.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.count()
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) time() time.Time {
	if len(d.b) < 8 {
		d.bad, d.b = true, nil
		return time.Time{}
	}
	t := time.Unix(0, int64(binary.BigEndian.Uint64(d.b))).UTC()
	d.b = d.b[8:]
	return t
}

func (d *decoder) texts() []string {
	all := make([]string, d.count())
	for i := range all {
		all[i] = d.text()
	}
	return all
}
