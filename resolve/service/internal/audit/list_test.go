package audit

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

func list(t *testing.T, s store.Store, q Query) (lines []Line, next Mark, more bool) {
	t.Helper()
	err := s.View(context.Background(), func(tx store.Tx) (err error) {
		lines, next, more, err = List(context.Background(), tx, q)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, next, more
}

func versionsOf(lines []Line) string {
	all := []int{}
	for _, l := range lines {
		all = append(all, l.Version)
	}
	return fmt.Sprint(all)
}

// Pages of every size list blocks and single records, newest first; lines that are
// added meanwhile do not move them.
func TestListPages(t *testing.T) {
	s := chained(t)
	change(t, s, func(c *Chain) error {
		for i, size := range []int{1, 4, 1, 2} {
			var err error
			if size == 1 {
				err = c.Append(numbered(10 * (i + 1)))
			} else {
				var lines []byte
				for k := range size {
					lines = numbered(10*(i+1) + k).AppendLine(lines)
				}
				err = c.AppendBlocks(lines, entry.Time)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	const want = "[41 40 30 23 22 21 20 10]"
	all, _, more := list(t, s, Query{Limit: 100, Look: 100})
	if versionsOf(all) != want || more || all[0].Seq != 4 || all[3].Seq != 2 {
		t.Fatal(all, more)
	}
	for _, limit := range []int{1, 2, 3, 8, 9} {
		for _, look := range []int{1, 3, 9} {
			var got []Line
			q := Query{Limit: limit, Look: look, From: Mark{5, 0}}
			for more := true; more && len(got) <= 8; {
				var page []Line
				if page, q.From, more = list(t, s, q); len(page) > min(limit, look) {
					t.Fatalf("limit %d, look %d: %d lines", limit, look, len(page))
				}
				got = append(got, page...)
				change(t, s, func(c *Chain) error { return c.Append(numbered(1000)) })
			}
			if versionsOf(got) != want {
				t.Fatalf("limit %d, look %d: %s", limit, look, versionsOf(got))
			}
		}
	}
}

func TestListFilters(t *testing.T) {
	s := chained(t)
	at := func(n int) time.Time { return entry.Time.Add(time.Duration(n) * time.Hour) }
	of := func(n int, change func(*Entry)) []byte {
		e := Entry{Time: at(n), Caller: "c", Action: "resolve", Environment: "main", Name: "db", Version: n, Outcome: OK}
		change(&e)
		return e.AppendLine(nil)
	}
	var lines []byte
	for n, change := range []func(*Entry){
		1: func(e *Entry) { e.Name = "db2" }, 2: func(e *Entry) { e.Environment = "prod" }, 3: func(e *Entry) { e.Caller = `"name":"db"` },
		4: func(e *Entry) { e.Outcome = "denied" }, 5: func(e *Entry) { e.Action = "info" }, 6: func(*Entry) {},
	} {
		if change != nil {
			lines = append(lines, of(n, change)...)
		}
	}
	change(t, s, func(c *Chain) error { return c.AppendBlocks(lines, at(6)) })
	change(t, s, func(c *Chain) error { return c.AppendBlocks(of(20, func(*Entry) {}), at(20)) })
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{}, "[20 6 5 4 3 2 1]"},
		{Query{Name: "db"}, "[20 6 5 4 3 2]"},
		{Query{Name: "d"}, "[]"},
		{Query{Environment: "prod"}, "[2]"},
		{Query{Caller: `"name":"db"`}, "[3]"},
		{Query{Outcome: "denied"}, "[4]"},
		{Query{Action: "info"}, "[5]"},
		{Query{Action: "resolve", Name: "db", Outcome: OK, Caller: "c", Environment: "main"}, "[20 6]"},
		{Query{Since: at(5), Before: at(20)}, "[6 5]"},
		{Query{Since: at(7)}, "[20]"},
		{Query{Before: at(3)}, "[2 1]"},
	} {
		c.q.Limit, c.q.Look = 100, 100
		if lines, _, more := list(t, s, c.q); versionsOf(lines) != c.want || more {
			t.Errorf("%+v: %s, want %s", c.q, versionsOf(lines), c.want)
		}
	}
	// A mark outside the chain finds nothing, or all.
	for seq, want := range map[uint64]int{1: 5, 1 << 62: 7, 1<<64 - 1: 0} {
		if lines, _, _ := list(t, s, Query{Limit: 9, Look: 9, From: Mark{seq, 5}}); len(lines) != want {
			t.Errorf("from %d: %s", seq, versionsOf(lines))
		}
	}
}
