package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func (r Reads) fill(t *testing.T, n uint64, size int) {
	t.Helper()
	if err := os.WriteFile(r.file(n), make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r Reads) numbers(t *testing.T, n uint64) []uint64 {
	t.Helper()
	files, err := r.Files(n)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The folder is created again if it was removed.
func TestAppendMakesItsFolder(t *testing.T) {
	r := Reads{Dir: filepath.Join(t.TempDir(), "reads")}
	if err := r.Append(3, []Entry{entry}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(r.Dir)
	if err != nil || filepath.Separator == '/' && info.Mode().Perm() != 0o700 {
		t.Fatal(info, err)
	}
	if all, err := r.Read(3); err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
}

// A full file is not used any more; the next number is the one after the last.
func TestRotation(t *testing.T) {
	for full := range 20 {
		r := Reads{Dir: t.TempDir()}
		for k := range full {
			r.fill(t, uint64(5+k), maxFile)
		}
		for range 2 {
			if err := r.Append(5, []Entry{entry}); err != nil {
				t.Fatal(err)
			}
		}
		all, err := r.Read(uint64(5 + full))
		if err != nil || len(all) != 2 || len(r.numbers(t, 0)) != full+1 {
			t.Fatalf("%d full ones: %d entries in the next, files %v (%v)", full, len(all), r.numbers(t, 0), err)
		}
	}
	// Something that is not a file is not used.
	r := Reads{Dir: t.TempDir()}
	if err := os.Mkdir(r.file(1), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.Append(1, []Entry{entry}); err != nil || !r.Any(2) {
		t.Fatal(err)
	}
	// A small first file is found, no matter how many follow.
	r = Reads{Dir: t.TempDir()}
	r.fill(t, 2, maxFile)
	if err := r.Append(1, []Entry{entry}); err != nil || !r.Any(1) {
		t.Fatal(err)
	}
}

// Numbers outside the window are ignored, and none overflows.
func TestForeignNumbers(t *testing.T) {
	r := Reads{Dir: t.TempDir()}
	for _, n := range []uint64{1, 2, window, window + 1, 1 << 63, 1<<64 - 1} {
		r.fill(t, n, 0)
	}
	for _, name := range []string{"007.log", "+3.log", "3.LOG", "x.log", "18446744073709551616.log"} {
		if err := os.WriteFile(filepath.Join(r.Dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.numbers(t, 1); !slices.Equal(got, []uint64{1, 2, window}) {
		t.Fatal(got)
	}
	if err := r.Pending(1<<64-1, func(Entry) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// A line may not say itself how many lines could not be read.
func TestForgedUnreadable(t *testing.T) {
	r := Reads{Dir: t.TempDir()}
	e := entry
	e.Action, e.Lines = Unreadable, 1e9
	if err := r.Append(1, []Entry{e, entry}); err != nil {
		t.Fatal(err)
	}
	all, err := r.Read(1)
	if err != nil || len(all) != 2 || all[1].Action != Unreadable || all[1].Lines != 1 {
		t.Fatal(all, err)
	}
}

// A file that cannot be read is skipped and reported; set aside, it is the last.
func TestSetAside(t *testing.T) {
	r := Reads{Dir: t.TempDir()}
	if err := os.Mkdir(r.file(1), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, n := range []uint64{2, 3} {
		if err := r.Append(n, []Entry{entry}); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	err := r.Pending(1, func(Entry) error { seen++; return nil })
	if err == nil || !strings.Contains(err.Error(), "1.log") || seen != 2 {
		t.Fatal(err, seen)
	}
	for range 2 {
		if err := r.SetAside(r.numbers(t, 1)[0]); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(r.numbers(t, 1)); got != "[3 4 5]" {
		t.Fatal(got)
	}
	if err := r.SetAside(5); err != nil || !r.Any(5) {
		t.Fatal("the last one stays", err)
	}
}
