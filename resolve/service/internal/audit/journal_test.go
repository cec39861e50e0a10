package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/squire-env/squire/resolve"
)

func numbered(n int) Entry {
	e := entry
	e.Version = n
	return e
}

// journal is a batch on a journal in a folder of its own.
func journal(t *testing.T, sync func(*os.File) error) (*Batch, *Journal) {
	j := &Journal{Reads: Reads{Dir: filepath.Join(t.TempDir(), "reads")}, Sync: sync}
	b := NewBatch(func(g *Group) error { return j.Write(g.Lines, g.First, func() {}) })
	t.Cleanup(func() { b.Close(); j.Close() })
	return b, j
}

func no(Entry) bool { return false }

// versions are the versions in the files from n on, and how many lines were
// unreadable.
func (r Reads) versions(t *testing.T, n uint64) (seen map[int]int, bad int) {
	t.Helper()
	seen = map[int]int{}
	err := r.Pending(n, func(e Entry) error {
		if e.Action == Unreadable {
			bad += e.Lines
		} else {
			seen[e.Version]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen, bad
}

// Readers that arrive during a write share the next one.
func TestGroupCommit(t *testing.T) {
	const readers = 64
	var syncs atomic.Int64
	at, on := make(chan bool, 10), make(chan bool)
	b, j := journal(t, func(*os.File) error { syncs.Add(1); at <- true; <-on; return nil })
	var wg sync.WaitGroup
	record := func(n int) {
		wg.Go(func() {
			if err := b.Record(context.Background(), 5, []Entry{numbered(n)}, no); err != nil {
				t.Error(err)
			}
		})
	}
	record(1)
	<-at // the first write has begun
	for n := range readers {
		record(2 + n)
	}
	for gathered := 0; gathered < readers; {
		b.mu.Lock()
		if gathered = 0; b.next != nil {
			gathered = b.next.waiting
		}
		b.mu.Unlock()
	}
	if seen, _ := j.versions(t, 0); len(seen) > 1 {
		t.Fatal("written before its turn", seen)
	}
	on <- true
	<-at
	on <- true
	wg.Wait()
	if n := syncs.Load(); n != 2 {
		t.Fatalf("%d waits for the disk, want 2", n)
	}
	seen, bad := j.versions(t, 5)
	if len(seen) != 1+readers || bad != 0 {
		t.Fatal(seen, bad)
	}
}

// A reader whose line is not durable is refused; the next one is not.
func TestSyncFails(t *testing.T) {
	var fail atomic.Pointer[error]
	b, j := journal(t, func(*os.File) error {
		if err := fail.Load(); err != nil {
			return *err
		}
		return nil
	})
	record := func(n int) error { return b.Record(context.Background(), 1, []Entry{numbered(n)}, no) }
	if err := record(1); err != nil {
		t.Fatal(err)
	}
	for _, cause := range []error{syscall.EIO, syscall.ENOSPC} {
		var err error = &os.PathError{Op: "sync", Path: "x", Err: cause}
		fail.Store(&err)
		for n := range 3 {
			if err := record(100 + n); !errors.Is(err, resolve.ErrUnavailable) || !errors.Is(err, cause) || (resolve.Hint(err) != "") != (cause == syscall.ENOSPC) {
				t.Fatalf("%v (hint %q)", err, resolve.Hint(err))
			}
		}
		fail.Store(nil)
		if err := record(2); err != nil {
			t.Fatal("it does not recover:", err)
		}
	}
	if j.next > 4 {
		t.Fatal("failures use up numbers:", j.next)
	}
	seen, bad := j.versions(t, 1)
	if seen[1] != 1 || seen[2] != 2 || bad != 0 {
		t.Fatal(seen, bad)
	}
	// A failure does not use up a file, and a file that failed is not written again.
	if got := j.numbers(t, 0); len(got) != 3 {
		t.Fatal(got)
	}
	j.Cut()
	mine, below := j.Sealed(1)
	var all []byte
	for _, s := range mine {
		all = append(all, s.Lines...)
	}
	want := append(numbered(2).AppendLine(numbered(2).AppendLine(numbered(1).AppendLine(nil))), []byte(nil)...)
	if len(all) != len(want) || below <= mine[len(mine)-1].N {
		t.Fatalf("%s below %d", all, below)
	}
	b.Close()
	if err := record(3); !errors.Is(err, resolve.ErrUnavailable) {
		t.Fatal(err)
	}
}

// While no file can be created in the folder, reads are refused, as with a full
// disk.
func TestNoRoomForAJournal(t *testing.T) {
	b, j := journal(t, nil)
	record := func() error { return b.Record(context.Background(), 3, []Entry{entry}, no) }
	if err := os.WriteFile(j.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := record(); !errors.Is(err, resolve.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Remove(j.Dir), record()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(j.numbers(t, 0)); got != "[3]" {
		t.Fatal(got)
	}
}

// When a file is full, the next one is used; the lines in memory are those on the
// disk, until they are too many.
func TestJournalFillsFiles(t *testing.T) {
	full := 0
	b, j := journal(t, func(*os.File) error { return nil })
	j.Full = func() { full++ }
	group := make([]Entry, 100)
	const groups = 150
	for g := range groups {
		for i := range group {
			group[i] = numbered(1 + g*len(group) + i)
		}
		if err := b.Record(context.Background(), 7, group, no); err != nil {
			t.Fatal(err)
		}
	}
	b.Close()
	j.Cut()
	mine, below := j.Sealed(7)
	if len(mine) != full+1 || full != 3 || mine[0].N != 7 || below != mine[full].N+1 {
		t.Fatalf("%d files, %d were full, below %d", len(mine), full, below)
	}
	kept, dropped := 0, 0
	for _, s := range mine {
		onDisk, err := j.Read(s.N)
		if err != nil {
			t.Fatal(err)
		}
		var lines []byte
		for _, e := range onDisk {
			lines = e.AppendLine(lines)
		}
		if s.Lines == nil {
			dropped++
		} else if string(lines) != string(s.Lines) {
			t.Fatalf("file %d: %d bytes, %d in memory", s.N, len(lines), len(s.Lines))
		}
		kept += len(s.Lines)
	}
	if kept > maxKept || dropped == 0 {
		t.Fatalf("%d bytes kept, %d files dropped", kept, dropped)
	}
	seen, bad := j.versions(t, 7)
	if len(seen) != groups*len(group) || bad != 0 {
		t.Fatal(len(seen), bad)
	}
	j.Merged(mine[1].N)
	if again, _ := j.Sealed(7); len(again) != len(mine)-1 || again[0].N != mine[1].N {
		t.Fatal(len(again))
	}
	j.Close()
	if got := j.numbers(t, 0); len(got) != len(mine) {
		t.Fatalf("%d files, one of them without a line", len(got))
	}
}

// A file is read up to its zeros; an incomplete line before them is counted.
func TestTornJournal(t *testing.T) {
	whole := numbered(2).AppendLine(numbered(1).AppendLine(nil))
	first := len(numbered(1).AppendLine(nil))
	for _, size := range []int{len(whole) + 1, 1000, minFile, maxFile} {
		for cut := range len(whole) + 1 {
			if size > 1000 && cut%61 != 0 {
				continue
			}
			r := Reads{Dir: t.TempDir()}
			file := make([]byte, size)
			copy(file, whole[:cut])
			if err := os.WriteFile(r.file(1), file, 0o600); err != nil {
				t.Fatal(err)
			}
			seen, bad := r.versions(t, 1)
			want, broken := 0, 0
			for _, end := range []int{first, len(whole)} {
				if cut >= end-1 { // its newline may be missing
					want++
				}
			}
			if broken = 1; cut == 0 || cut == first-1 || cut == first || cut >= len(whole)-1 {
				broken = 0
			}
			if len(seen) != want || bad != broken {
				t.Fatalf("size %d cut at %d of %d: %v, %d broken", size, cut, len(whole), seen, bad)
			}
			// An embedded reader appends behind the zeros.
			if err := r.Append(1, []Entry{numbered(9)}); err != nil {
				t.Fatal(err)
			}
			if seen, bad := r.versions(t, 1); seen[9] != 1 || len(seen) != want+1 || bad != broken {
				t.Fatalf("size %d cut at %d: %v, %d broken", size, cut, seen, bad)
			}
		}
	}
	// A hole where one of two blocks was not written to the disk.
	r := Reads{Dir: t.TempDir()}
	file := append(append([]byte{}, whole...), whole...)
	clear(file[first : first+20])
	if err := os.WriteFile(r.file(1), file, 0o600); err != nil {
		t.Fatal(err)
	}
	if seen, bad := r.versions(t, 1); bad != 1 || fmt.Sprint(seen) != "map[1:2 2:1]" {
		t.Fatal(seen, bad)
	}
}

// A reader that gives up does not disturb the others.
func TestRecordEndsWithItsContext(t *testing.T) {
	at, on := make(chan bool), make(chan bool)
	b, _ := journal(t, func(*os.File) error { at <- true; <-on; return nil })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- b.Record(ctx, 1, []Entry{entry}, no) }()
	<-at
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	on <- true
}

func BenchmarkRecord(b *testing.B) {
	batch := NewBatch(func(*Group) error { return nil })
	defer batch.Close()
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := batch.Record(context.Background(), 1, []Entry{entry}, no); err != nil {
				b.Error(err)
			}
		}
	})
}
