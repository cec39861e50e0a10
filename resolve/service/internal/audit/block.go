package audit

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"time"
)

// Block is the action of the header of a record that holds many lines.
const Block = "reads"

// What one record holds at most; a single line may be longer.
const maxBlock, maxBlockLines = 64 << 10, 500

// AppendLine writes e as one line of JSON, with its newline: JSON escapes the
// newlines of texts, so a line cannot break out of a block.
func (e Entry) AppendLine(b []byte) []byte { return append(e.append(b), "}\n"...) }

// AppendBlocks adds lines, each with its newline, in records of many. now is
// no earlier than the time of any of them. Flush must follow before the
// transaction ends.
func (c *Chain) AppendBlocks(lines []byte, now time.Time) error {
	if err := c.load(); err != nil {
		return err
	}
	for len(lines) > 0 {
		n, size := cutBlock(lines)
		if err := c.appendRecord(Entry{Time: now, Action: Block, Lines: n}, lines[:size-1]); err != nil {
			return err
		}
		lines = lines[size:]
	}
	return nil
}

// cutBlock says how many lines of these make a block, and their size.
func cutBlock(lines []byte) (n, size int) {
	for size < len(lines) && n < maxBlockLines {
		end := bytes.IndexByte(lines[size:], '\n') + 1
		if end == 0 {
			end = len(lines) - size // not to happen: a line without its newline
		}
		if n > 0 && size+end > maxBlock {
			break
		}
		n, size = n+1, size+end
	}
	return n, size
}

// appendRecord adds one record: an entry, and the lines that it stands for.
func (c *Chain) appendRecord(e Entry, lines []byte) error {
	c.seq++
	b := e.append(make([]byte, 0, 320+len(lines)))
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, c.seq, 10)
	b = append(b, `,"prev":"`...)
	b = hex.AppendEncode(b, c.hash[:])
	b = append(b, `"}`...)
	if lines != nil {
		b = append(b, '\n')
		b = append(b, lines...)
	}
	c.hash = c.mac("line", b)
	return c.tx.Put(Bucket, seqKey(c.seq), b)
}

// record is a record of the chain, taken apart.
type record struct {
	line
	Entry        // of the record itself; of a block its header
	lines []byte // of a block, without the last newline; else nil
	count int    // of lines; 1 where it is no block
}

func parseRecord(b []byte) (r record, err error) {
	head, rest, block := bytes.Cut(b, []byte("\n"))
	if r.line, r.Entry, err = parse(head); err != nil {
		return r, err
	}
	r.count = 1
	if block {
		if r.lines, r.count = rest, bytes.Count(rest, []byte("\n"))+1; r.Entry.Action != Block || r.Entry.Lines != r.count {
			return r, errLine
		}
	}
	return r, nil
}

// see shows the entries of the record in order.
func (r record) see(fn func(Entry)) error {
	if r.lines == nil {
		fn(r.Entry)
		return nil
	}
	for b := range bytes.SplitSeq(r.lines, []byte("\n")) {
		_, e, err := parse(b)
		if err != nil {
			return err
		}
		fn(e)
	}
	return nil
}
