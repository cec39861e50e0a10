package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFolder(t *testing.T) {
	d := Folder(filepath.Join(t.TempDir(), "a", "b"))
	must(t, d.Remove("f")) // nothing there
	if _, err := d.Read("f", 9); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	must(t, d.Write("f", []byte("one")))
	must(t, d.Write("f", []byte("two")))
	if b, err := d.Read("f", 3); err != nil || string(b) != "two" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := d.Read("f", 2); err == nil {
		t.Error("longer than the limit")
	}
	for _, outside := range []string{"../f", "/etc/passwd"} {
		if _, err := d.Read(outside, 1<<20); err == nil {
			t.Error("read", outside)
		}
		if d.Write(outside, nil) == nil || d.Remove(outside) == nil {
			t.Error("wrote or removed", outside)
		}
	}
	must(t, d.Remove("f"))
	if got := names(t, string(d)); len(got) > 0 {
		t.Error(got)
	}
}

// Temporary files that killed processes left are removed; recent ones are kept.
func TestFolderSweeps(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	old, fresh := filepath.Join(dir, "old.tmp"), filepath.Join(dir, "fresh.tmp")
	must(t, errors.Join(os.WriteFile(old, nil, 0o600), os.WriteFile(fresh, nil, 0o600)))
	past := time.Now().Add(-2 * time.Hour)
	must(t, os.Chtimes(old, past, past))
	must(t, Folder(dir).Write("f", nil))
	if got := names(t, dir); len(got) != 2 || got[0] != "f" || got[1] != "fresh.tmp" {
		t.Error(got)
	}
}
