package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// names lists a folder.
func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	must(t, os.WriteFile(path, []byte("old"), 0o644))
	for _, o := range []Options{{}, {Temporary: "f.new"}, {Adopt: true}} {
		must(t, Write(path, o, text("new")))
		if got := read(t, path); got != "new" {
			t.Error(got)
		}
		if info, err := os.Stat(path); err != nil || modesMatter && info.Mode().Perm() != 0o600 {
			t.Error(info.Mode(), err)
		}
	}
	if got := names(t, dir); len(got) != 1 {
		t.Error("left behind:", got)
	}
}

func TestWriteNew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	must(t, Write(path, Options{New: true}, text("first")))
	err := Write(path, Options{New: true}, text("second"))
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	if got := names(t, dir); len(got) != 1 || read(t, path) != "first" {
		t.Error(got, read(t, path))
	}
}

// If several goroutines create one file at the same time, one succeeds.
func TestWriteNewOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	var wg sync.WaitGroup
	made := make(chan string, 16)
	for i := range cap(made) {
		wg.Go(func() {
			mine := strings.Repeat("x", i)
			if err := Write(path, Options{New: true}, text(mine)); err == nil {
				made <- mine
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(made) != 1 || read(t, path) != <-made {
		t.Error("created more than once")
	}
}

// A temporary file with a fixed name that a killed process left is replaced.
func TestTemporaryLeftBehind(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "f.new"), []byte("half"), 0o600))
	must(t, Write(filepath.Join(dir, "f"), Options{Temporary: "f.new"}, text("whole")))
	if got := names(t, dir); len(got) != 1 || read(t, filepath.Join(dir, "f")) != "whole" {
		t.Error(got)
	}
}

// After any failure the old file is there, and no other.
func TestWriteFails(t *testing.T) {
	broken := errors.New("broken")
	for name, o := range map[string]Options{
		"fill":    {},
		"temp":    {TestStep: failAt("temp", broken)},
		"link":    {TestStep: failAt("link", broken)},
		"new":     {New: true, TestStep: failAt("link", broken)},
		"no room": {TestStep: failAt("link", broken), Temporary: "t"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		if !o.New {
			must(t, os.WriteFile(path, []byte("old"), 0o600))
		}
		err := Write(path, o, func(w io.Writer) error {
			if _, err := io.WriteString(w, "new"); err != nil {
				return err
			}
			if name == "fill" {
				return broken
			}
			return nil
		})
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		if got := names(t, dir); o.New && len(got) > 0 || !o.New && (len(got) != 1 || read(t, path) != "old") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func failAt(at string, err error) func(string) error {
	return func(step string) error {
		if step == at {
			return err
		}
		return nil
	}
}

func TestNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "f")
	if err := Write(path, Options{}, text("x")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), filepath.Dir(path)) {
		t.Error(err)
	}
}

// A reader in a loop sees complete files only.
func TestReadersSeeWholeFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	a, b := strings.Repeat("a", 64<<10), strings.Repeat("b", 64<<10)
	must(t, Write(path, Options{}, text(a)))
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			got, err := os.ReadFile(path)
			if err != nil || string(got) != a && string(got) != b {
				t.Errorf("a part of a file: %d bytes, %v", len(got), err)
				return
			}
		}
	})
	for i := range 50 {
		must(t, Write(path, Options{}, text([]string{b, a}[i%2])))
	}
	close(done)
	wg.Wait()
}

func TestLinkNew(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	must(t, os.WriteFile(from, []byte("1"), 0o600))
	must(t, LinkNew(from, to))
	must(t, os.WriteFile(from, []byte("2"), 0o600))
	if err := LinkNew(from, to); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if read(t, to) != "1" || read(t, from) != "2" {
		t.Error("replaced")
	}
}

func TestMkdirAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b")
	must(t, MkdirAll(path))
	for _, p := range []string{path, filepath.Dir(path)} {
		if info, err := os.Stat(p); err != nil || modesMatter && info.Mode().Perm() != 0o700 {
			t.Error(p, info.Mode(), err)
		}
	}
	must(t, os.Chmod(path, 0o755))
	must(t, MkdirAll(path))
	if info, err := os.Stat(path); err != nil || modesMatter && info.Mode().Perm() != 0o755 {
		t.Error("an existing folder was changed", info.Mode(), err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "f"), nil, 0o600))
	if MkdirAll(filepath.Join(dir, "f", "x")) == nil {
		t.Error("a folder below a file")
	}
}
