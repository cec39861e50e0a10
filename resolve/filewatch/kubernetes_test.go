package filewatch

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// mount is a folder as Kubernetes' atomic writer keeps it.
type mount struct {
	dir string
	now string // the folder that ..data leads to
}

// swap writes as AtomicWriter.Write does: a new folder with all files, a link
// to it renamed over ..data, links for new names, and the old folder removed.
func (m *mount) swap(i int, names ...string) error {
	next := filepath.Join(m.dir, fmt.Sprintf("..2026_11_24_15_00_00.%d", i))
	if err := os.Mkdir(next, 0o755); err != nil {
		return err
	}
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(next, n), fmt.Append(nil, i), 0o600); err != nil {
			return err
		}
	}
	link, data := filepath.Join(m.dir, "..data_tmp"), filepath.Join(m.dir, "..data")
	if err := os.Symlink(filepath.Base(next), link); err != nil {
		return err
	}
	if err := os.Rename(link, data); err != nil {
		return err
	}
	for _, n := range names {
		if err := os.Symlink(filepath.Join("..data", n), filepath.Join(m.dir, n)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	old := m.now
	if m.now = next; old == "" {
		return nil
	}
	return os.RemoveAll(old)
}

// TestAStormOfSwaps swaps three mounts of seven files each as fast as it can,
// a hundred times, and reads after each report: at the end, the last content read
// is the last content written, and no file descriptor is left open.
func TestAStormOfSwaps(t *testing.T) {
	open := descriptors(t)
	names := []string{"a", "b", "c", "d", "e", "f", "g"}
	var mounts []*mount
	var paths []string
	for range 3 {
		m := &mount{dir: t.TempDir()}
		must(t, m.swap(0, names...))
		mounts = append(mounts, m)
		for _, n := range names {
			paths = append(paths, filepath.Join(m.dir, n))
		}
	}
	w := watch(t, Config{Paths: paths})
	failed := make(chan error, len(mounts))
	for _, m := range mounts {
		go func() {
			for i := 1; i <= 100; i++ {
				if err := m.swap(i, names...); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for _, p := range paths {
		for b, _ := os.ReadFile(p); string(b) != "100"; b, _ = os.ReadFile(p) {
			want(t, w)
		}
	}
	for range mounts {
		must(t, <-failed)
	}
	must(t, w.Close())
	if now := descriptors(t); now != open {
		t.Errorf("%d descriptors, and %d before", now, open)
	}
}

// descriptors is the number of open file descriptors; 0 if it is unknown.
func descriptors(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(entries)
}

func BenchmarkPoll(b *testing.B) {
	var paths []string
	for range 4 {
		dir := b.TempDir()
		for i := range 5 {
			p := filepath.Join(dir, fmt.Sprint(i))
			if err := os.WriteFile(p, nil, 0o600); err != nil {
				b.Fatal(err)
			}
			paths = append(paths, p)
		}
	}
	w, err := New(Config{Paths: paths, Poll: Never})
	if err != nil {
		b.Fatal(err)
	}
	_ = w.Close()
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			w.check()
		}
	})
	b.Run("follow", func(b *testing.B) {
		for b.Loop() {
			l := lookups{}
			for i, p := range paths {
				w.ways[i] = l.way(p)
			}
			needsOf(w.ways)
		}
	})
}
