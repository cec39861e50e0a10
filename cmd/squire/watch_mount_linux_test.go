package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// mount is a folder as Kubernetes mounts a Secret: each name is a link to
// ..data/name, and ..data a link to a folder that the next one takes the place
// of, at once and for all names.
type mount struct {
	t      *testing.T
	folder string
	swaps  int
	now    string
}

func newMount(t *testing.T, folder string, files map[string]string) *mount {
	t.Helper()
	m := &mount{t: t, folder: folder}
	m.check(os.Mkdir(folder, 0o755))
	m.swap(files)
	for name := range maps.Keys(files) {
		m.check(os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)))
	}
	return m
}

// swap does what the kubelet's atomic writer does, in its order.
func (m *mount) swap(files map[string]string) {
	m.t.Helper()
	m.swaps++
	next := fmt.Sprintf("..2026_11_24_%08d", m.swaps)
	m.check(os.Mkdir(filepath.Join(m.folder, next), 0o755))
	for name, text := range files {
		m.check(os.WriteFile(filepath.Join(m.folder, next, name), []byte(text), 0o644))
	}
	temporary := filepath.Join(m.folder, "..data_tmp")
	m.check(os.Symlink(next, temporary))
	m.check(os.Rename(temporary, filepath.Join(m.folder, "..data")))
	if m.now != "" {
		m.check(os.RemoveAll(filepath.Join(m.folder, m.now)))
	}
	m.now = next
}

func (m *mount) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func TestWatchAMountThatIsSwapped(t *testing.T) {
	t.Parallel()
	const swaps = 100
	value := func(n int) map[string]string {
		return map[string]string{"a.env": "A=" + strconv.Itoa(n) + "\n", "b.env": "B=" + strconv.Itoa(n) + "\n"}
	}
	for _, debounce := range []time.Duration{0, 50 * time.Millisecond} {
		t.Run(debounce.String(), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			m := newMount(t, filepath.Join(folder, "mount"), value(0))
			p := watching("--debounce", debounce.String(), "-f", "mount/a.env", "-f", "mount/b.env", "--status-listen", "unix:socket").watch(t, folder, nil, says("$A $B")...)
			p.expect("started 0 0")
			p.said("mount/b.env: 1 variable") // of the start,
			p.said("mount/b.env: 1 variable") // and of the look after that
			begun := time.Now()
			for n := range swaps {
				m.swap(value(n + 1))
			}
			for last := ""; last != "started 100 100"; {
				last = p.next()
				var a, b int
				if _, err := fmt.Sscanf(last, "started %d %d", &a, &b); err != nil || a > b {
					t.Fatalf("%q is no state that ever was: %v", last, err) // a is read before b
				}
			}
			for p.state().Child.Phase != "running" { // it says so a moment after the command does
			}
			s, took := p.state(), time.Since(begun)
			if s.Child.Phase != "running" || s.Child.Restarts > swaps || s.Refreshes.Changes > swaps {
				t.Errorf("%+v", s)
			}
			if debounce > 0 && s.Child.Restarts > int(took/debounce)+1 {
				t.Errorf("%d restarts in %s", s.Child.Restarts, took)
			}
			p.end()
		})
	}
}
