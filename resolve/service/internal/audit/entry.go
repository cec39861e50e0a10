// Package audit keeps the trail of every access: who did what to which secret,
// when, and with which outcome. It has names, never values.
//
// Start with Chain, the hash chain in the store. Changes are appended to it in
// their own transaction. Reads of an embedded store must not wait for a lock or
// a disk: they are appended to a file (Reads), which the next writer merges into
// the chain. Reads of a server are durable before the answer: many of them share
// one wait for the disk (Batch), in a file of the same kind (Journal) or in the
// chain.
package audit

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// Entry is one access.
type Entry struct {
	Time        time.Time
	Caller      string
	Action      string
	Environment string
	Name        string // "" for an environment
	Version     int    // 0: no particular one
	Outcome     string
	Lines       int // how many lines an Unreadable entry or a Block header counts
}

// Unreadable is the action of an entry that counts lines of a file of reads that
// could not be read: incomplete after a crash, or damaged.
const Unreadable = "unreadable"

// OK is the outcome of a successful access.
const OK = "ok"

const timeLayout = "2006-01-02T15:04:05.000000000Z"

// append appends e as a JSON object without its closing brace.
func (e Entry) append(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = e.Time.UTC().AppendFormat(b, timeLayout)
	b = append(b, '"')
	for _, f := range [...]struct{ name, value string }{
		{"caller", e.Caller}, {"action", e.Action}, {"environment", e.Environment}, {"name", e.Name}, {"outcome", e.Outcome},
	} {
		if f.value == "" {
			continue
		}
		b = append(b, `,"`...)
		b = append(b, f.name...)
		b = append(b, `":`...)
		b = appendText(b, f.value)
	}
	for _, f := range [...]struct {
		name  string
		value int
	}{{"version", e.Version}, {"lines", e.Lines}} {
		if f.value != 0 {
			b = append(b, `,"`...)
			b = append(b, f.name...)
			b = append(b, `":`...)
			b = strconv.AppendInt(b, int64(f.value), 10)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			q, _ := json.Marshal(s)
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// line is the JSON of an entry.
type line struct {
	Seq         uint64 `json:"seq"`
	Prev        string `json:"prev"`
	Time        string `json:"time"`
	Caller      string `json:"caller"`
	Action      string `json:"action"`
	Environment string `json:"environment"`
	Name        string `json:"name"`
	Outcome     string `json:"outcome"`
	Version     int    `json:"version"`
	Lines       int    `json:"lines"`
}

var errLine = errors.New("not an audit line")

func parse(b []byte) (line, Entry, error) {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return l, Entry{}, errLine // json's own text quotes the input
	}
	t, err := time.Parse(timeLayout, l.Time)
	if err != nil || l.Action == "" {
		return l, Entry{}, errLine
	}
	return l, Entry{t, l.Caller, l.Action, l.Environment, l.Name, l.Version, l.Outcome, l.Lines}, nil
}
