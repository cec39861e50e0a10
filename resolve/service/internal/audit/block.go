package audit

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"time"
)

// Block is the action of the header of a record that holds many lines.
const Block = "reads"

// The limits of one record; a single line may be longer.
const maxBlock, maxBlockLines = 64 << 10, 500

// AppendLine appends e as one line of JSON, with its newline. JSON escapes the
// newlines in texts, so that an entry is always one line.
func (e Entry) AppendLine(b []byte) []byte { return append(e.append(b), "}\n"...) }

// AppendBlocks appends lines, each with its newline, many to a record. now must
// not be earlier than the time of any of them. Flush must follow before the
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

// cutBlock returns how many of the lines go into the next block, and their size.
func cutBlock(lines []byte) (n, size int) {
	for size < len(lines) && n < maxBlockLines {
		end := bytes.IndexByte(lines[size:], '\n') + 1
		if end == 0 {
			end = len(lines) - size // impossible: a line without a newline
		}
		if n > 0 && size+end > maxBlock {
			break
		}
		n, size = n+1, size+end
	}
	return n, size
}

// appendRecord appends one record: an entry, or the header of a block and its
// lines.
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

// record is a parsed record of the chain.
type record struct {
	line
	Entry        // the entry, or the header of a block
	lines []byte // of a block, without the last newline; else nil
	count int    // of lines; 1 without a block
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

// see calls fn with the entries of the record in order.
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
