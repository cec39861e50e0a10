package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
	"strings"
)

// Query selects lines of the chain; an empty field selects all.
type Query struct {
	Environment, Name, Caller, Action, Outcome string
	Since, Before                              time.Time // inclusive, exclusive
	Limit                                      int       // of lines
	Look                                       int       // how many lines to search
	From                                       Mark
}

// Mark is a position in the chain: before the line that it names. The zero Mark
// is behind all lines. Appending lines does not move it.
type Mark struct {
	Seq   uint64 // of the record
	Index uint32 // of the line in it
}

// Line is an entry and the number of its record.
type Line struct {
	Entry
	Seq uint64
}

var errMark = errors.New("not a mark")

// MarshalBinary is a Mark in twelve bytes.
func (m Mark) MarshalBinary() ([]byte, error) {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, m.Seq), m.Index), nil
}

// UnmarshalBinary reads it.
func (m *Mark) UnmarshalBinary(b []byte) error {
	if len(b) != 12 {
		return errMark
	}
	*m = Mark{binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])}
	return nil
}

// List returns the lines that q selects, newest first, in the order of the chain.
// more says that there may be others, from next on. It does not check the hashes;
// Step does.
func List(ctx context.Context, tx store.Tx, q Query) (lines []Line, next Mark, more bool, err error) {
	s := search{ctx: ctx, Query: q, needles: q.needles()}
	from := store.Range{Reverse: true, From: headKey} // it sorts behind all records
	if q.From != (Mark{}) {
		from.From = seqKey(q.From.Seq + 1)
	}
	err = tx.Scan(Bucket, from, s.record)
	return s.lines, s.next, s.more, err
}

type search struct {
	Query
	ctx     context.Context
	needles [][]byte
	lines   []Line
	next    Mark
	more    bool
}

// needles are texts that each selected line contains: they are searched for
// before a line is parsed.
func (q Query) needles() (all [][]byte) {
	for _, f := range [...]struct{ name, value string }{
		{"caller", q.Caller}, {"action", q.Action}, {"environment", q.Environment}, {"name", q.Name}, {"outcome", q.Outcome},
	} {
		if f.value != "" {
			needle := appendText([]byte(`"`+f.name+`":`), f.value)
			if f.name == "caller" { // the id of a token may follow
				needle = needle[:len(needle)-1]
			}
			all = append(all, needle)
		}
	}
	return all
}

func (s *search) record(key string, b []byte) (bool, error) {
	if key == headKey { // a mark may be behind it
		return true, nil
	}
	r, err := parseRecord(b)
	if err != nil || key != seqKey(r.Seq) {
		return false, fmt.Errorf("%w audit trail: a record cannot be read; squire audit verify says which", resolve.ErrCorrupt)
	}
	if err := s.ctx.Err(); err != nil {
		return false, err
	}
	if r.lines == nil {
		return s.line(b, Mark{r.Seq, 0})
	}
	if r.Entry.Time.Before(s.Since) { // and so are all its lines
		if s.more = s.Look <= 0; s.more {
			s.next = Mark{r.Seq, uint32(r.count)}
		}
		s.Look--
		return !s.more, nil
	}
	rest := r.lines
	for i := r.count - 1; i >= 0; i-- {
		at := bytes.LastIndexByte(rest, '\n')
		one := rest[at+1:]
		rest = rest[:max(at, 0)]
		if more, err := s.line(one, Mark{r.Seq, uint32(i)}); !more || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (s *search) line(b []byte, at Mark) (bool, error) {
	if at.Seq == s.From.Seq && at.Index >= s.From.Index {
		return true, nil
	}
	if s.more = s.Look <= 0 || len(s.lines) == s.Limit; s.more {
		s.next = Mark{at.Seq, at.Index + 1}
		return false, nil
	}
	s.Look--
	for _, n := range s.needles {
		if !bytes.Contains(b, n) {
			return true, nil
		}
	}
	_, e, err := parse(b)
	if err != nil {
		return false, broken(at.Seq)
	}
	if s.takes(e) {
		s.lines = append(s.lines, Line{e, at.Seq})
	}
	return true, nil
}

func (q Query) takes(e Entry) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return (is(q.Caller, e.Caller) || strings.HasPrefix(e.Caller, q.Caller+"#")) && is(q.Action, e.Action) && is(q.Environment, e.Environment) && is(q.Name, e.Name) && is(q.Outcome, e.Outcome) &&
		!e.Time.Before(q.Since) && (q.Before.IsZero() || e.Time.Before(q.Before))
}
