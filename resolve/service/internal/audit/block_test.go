package audit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/service/internal/store/bolt"
)

// chained is a store with an empty chain.
func chained(t *testing.T) store.Store {
	s, err := bolt.Config{Dir: filepath.Join(t.TempDir(), "data"), Held: true}.Open(t.Context(), store.Options{
		Init: func(tx store.Tx) error { return NewChain(tx, testKey).Begin() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var testKey = []byte("0123456789abcdef0123456789abcdef")

func change(t *testing.T, s store.Store, fn func(*Chain) error) {
	t.Helper()
	err := s.Update(context.Background(), func(tx store.Tx) error {
		c := NewChain(tx, testKey)
		return errors.Join(fn(c), c.Flush())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// walk goes in steps of two records.
func walk(s store.Store, see func(Entry)) (w Walk, err error) {
	for done := false; !done && err == nil; {
		err = s.View(context.Background(), func(tx store.Tx) (err error) {
			done, err = NewChain(tx, testKey).Step(context.Background(), &w, 2, see)
			return err
		})
	}
	return w, err
}

func manyLines(n int) (lines []byte) {
	for i := range n {
		e := entry
		e.Version = i + 1
		lines = e.AppendLine(lines)
	}
	return lines
}

// Blocks and single records make one chain, and every line is counted.
func TestBlocks(t *testing.T) {
	s := chained(t)
	now := entry.Time.Add(time.Second)
	const many = 2*maxBlockLines + 7
	change(t, s, func(c *Chain) error {
		return errors.Join(c.Append(entry, entry), c.AppendBlocks(manyLines(many), now), c.AppendBlocks(nil, now), c.Append(entry))
	})
	long := entry
	long.Caller = strings.Repeat("x", maxBlock)
	change(t, s, func(c *Chain) error { return c.AppendBlocks(long.AppendLine(long.AppendLine(nil)), now) })
	last, bad := 0, 0
	w, err := walk(s, func(e Entry) {
		if e.Action != entry.Action {
			bad++
		} else if e.Version == last+1 {
			last++
		}
	})
	if err != nil || w.Lines != 2+many+1+2 || w.Seq != 2+3+1+2 || bad > 0 || last != many {
		t.Fatalf("%+v, the last %d, %d others: %v", w, last, bad, err)
	}
	if w, err := walk(s, nil); err != nil || w.Lines != 2+many+1+2 {
		t.Fatal(w, err)
	}
}

// Any change in a block is found, and the error names the record.
func TestTamperedBlock(t *testing.T) {
	s := chained(t)
	change(t, s, func(c *Chain) error {
		return errors.Join(c.Append(entry), c.AppendBlocks(manyLines(5), entry.Time), c.Append(entry), c.AppendBlocks(manyLines(5), entry.Time))
	})
	for _, seq := range []uint64{2, 4} {
		for what, tamper := range map[string]func(string) string{
			"another name": func(b string) string {
				return strings.Replace(b, `"db","outcome":"ok","version":3`, `"xy","outcome":"ok","version":3`, 1)
			},
			"a line less":      func(b string) string { return b[:strings.LastIndex(b, "\n")] },
			"a line more":      func(b string) string { return b + b[strings.LastIndex(b, "\n"):] },
			"two lines as one": func(b string) string { i := strings.LastIndex(b, "\n"); return b[:i] + " " + b[i+1:] },
			"lines swapped": func(b string) string {
				l := strings.Split(b, "\n")
				l[1], l[2] = l[2], l[1]
				return strings.Join(l, "\n")
			},
			"another count": func(b string) string { return strings.Replace(b, `"lines":5`, `"lines":4`, 1) },
		} {
			var before []byte
			put := func(change func(string) string) {
				t.Helper()
				err := s.Update(context.Background(), func(tx store.Tx) (err error) {
					if before == nil {
						before, err = tx.Get(Bucket, seqKey(seq))
					}
					after := change(string(before))
					if what != "" && after == string(before) {
						t.Errorf("%s: nothing changed", what)
					}
					return errors.Join(err, tx.Put(Bucket, seqKey(seq), []byte(after)))
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			put(tamper)
			if _, err := walk(s, func(Entry) {}); !errors.Is(err, resolve.ErrCorrupt) || !strings.Contains(err.Error(), fmt.Sprint("record ", seq)) {
				t.Errorf("%s in record %d: %v", what, seq, err)
			}
			what = ""
			put(func(b string) string { return b })
			if _, err := walk(s, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A walk ends when its context does.
func TestWalkIsInterrupted(t *testing.T) {
	s := chained(t)
	change(t, s, func(c *Chain) error { return c.Append(entry, entry, entry) })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.View(context.Background(), func(tx store.Tx) error {
		_, err := NewChain(tx, testKey).Step(ctx, &Walk{}, 1, nil)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
