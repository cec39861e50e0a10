package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var entry = Entry{Time: time.Date(2026, 11, 23, 12, 0, 0, 7, time.UTC), Caller: "a \"b\"\n\x00é", Action: "resolve", Environment: "main", Name: "db", Version: 3, Outcome: OK}

func TestLineRoundTrip(t *testing.T) {
	_, got, err := parse(append(entry.append(nil), '}'))
	if err != nil || cmp.Diff(entry, got) != "" {
		t.Fatal(err, cmp.Diff(entry, got))
	}
}

// A line that is cut anywhere is one unreadable line; those around it are read.
func TestTornAnywhere(t *testing.T) {
	whole := append(entry.append([]byte{'\n'}), "}\n"...)
	for cut := 1; cut < len(whole)-2; cut++ {
		r := Reads{Dir: t.TempDir()}
		text := append(append(append([]byte{}, whole...), whole[:cut]...), whole...)
		if err := os.WriteFile(filepath.Join(r.Dir, "7.log"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		good, bad := 0, 0
		err := r.Pending(7, func(e Entry) error {
			if e.Action == Unreadable {
				bad += e.Lines
			} else {
				good++
			}
			return nil
		})
		wantBad := 1
		if cut == 1 { // only its newline
			wantBad = 0
		}
		if err != nil || good != 2 || bad != wantBad {
			t.Fatal(cut, good, bad, err)
		}
	}
}

func TestFilesInOrder(t *testing.T) {
	r := Reads{Dir: t.TempDir()}
	for _, n := range []uint64{10, 9, 2, 100} {
		e := entry
		e.Version = int(n)
		if err := r.Append(n, []Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	var got []int
	err := r.Pending(9, func(e Entry) error { got = append(got, e.Version); return nil })
	if err != nil || cmp.Diff(got, []int{9, 10, 100}) != "" {
		t.Fatal(got, err)
	}
	if err := r.RemoveBelow(100); err != nil || r.Any(9) || !r.Any(100) {
		t.Fatal(err)
	}
	if err := r.Pending(9, func(Entry) error { return os.ErrClosed }); !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
}

// Any bytes are either an entry that is written again as it was, or an error that
// does not quote them.
func FuzzParse(f *testing.F) {
	f.Add(append(entry.append(nil), '}'))
	f.Add([]byte(`{"time":"2026-11-23T12:00:00.000000000Z","action":"x","seq":1,"prev":""}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, e, err := parse(b)
		if err != nil {
			if len(b) > 20 && strings.Contains(err.Error(), string(b)) {
				t.Fatal(err)
			}
			return
		}
		_, again, err := parse(append(e.append(nil), '}'))
		if err != nil || !again.Time.Equal(e.Time) {
			t.Fatal(err)
		}
		if bytes.ContainsAny(e.append(nil), "\n") {
			t.Fatal("an entry of two lines")
		}
	})
}
