package filewatch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// timers is a clock that runs when the test says so.
type timers struct {
	asked chan time.Duration
	fire  map[time.Duration]chan time.Time
}

func newTimers(ds ...time.Duration) *timers {
	c := &timers{make(chan time.Duration, 1000), map[time.Duration]chan time.Time{}}
	for _, d := range ds {
		c.fire[d] = make(chan time.Time)
	}
	return c
}

func (c *timers) after(d time.Duration) <-chan time.Time {
	c.asked <- d
	return c.fire[d]
}

const (
	debounce = time.Second
	poll     = time.Hour
)

func watch(t *testing.T, cfg Config) *Watcher {
	t.Helper()
	if cfg.Poll == 0 {
		cfg.Poll = poll
	}
	w, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func want(t *testing.T, w *Watcher) {
	t.Helper()
	receive(t, w.Changes())
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v, open := <-c:
		if !open {
			t.Fatal("closed")
		}
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("no change was reported")
	}
	panic("unreachable")
}

func send(t *testing.T, c chan<- time.Time) {
	t.Helper()
	select {
	case c <- time.Time{}:
	case <-time.After(30 * time.Second):
		t.Fatal("no timer of this duration is running")
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

func rename(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+"~", text)
	must(t, os.Rename(path+"~", path))
}

// TestEachWayToChange changes a file in each possible way and waits for the report:
// the last state is always reported, but one write may be reported in two parts.
func TestEachWayToChange(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, path string){
		"write in place":  func(t *testing.T, path string) { write(t, path, "new") },
		"rename over":     func(t *testing.T, path string) { rename(t, path, "new") },
		"remove":          func(t *testing.T, path string) { must(t, os.Remove(path)) },
		"remove and make": func(t *testing.T, path string) { must(t, os.Remove(path)); write(t, path, "new") },
		"chmod":           func(t *testing.T, path string) { must(t, os.Chmod(path, 0o400)) },
		"a folder":        func(t *testing.T, path string) { must(t, os.Remove(path), os.Mkdir(path, 0o700)) },
		"link": func(t *testing.T, path string) {
			write(t, path+"2", "new")
			must(t, os.Symlink(path+"2", path+"~"), os.Rename(path+"~", path))
		},
		"folder removed":  func(t *testing.T, path string) { must(t, os.RemoveAll(filepath.Dir(path))) },
		"folder replaced": func(t *testing.T, path string) { replaceFolder(t, filepath.Dir(path), "new") },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "folder", "file")
			must(t, os.Mkdir(filepath.Dir(path), 0o700))
			write(t, path, "old")
			w := watch(t, Config{Paths: []string{path}})
			change(t, path)
			want(t, w)
		})
	}
}

func replaceFolder(t *testing.T, dir, text string) {
	t.Helper()
	must(t, os.Mkdir(dir+".new", 0o700))
	write(t, filepath.Join(dir+".new", "file"), text)
	must(t, os.Rename(dir, dir+".old"), os.Rename(dir+".new", dir), os.RemoveAll(dir+".old"))
}

// until reads path at each change until it holds text.
func until(t *testing.T, w *Watcher, path, text string) {
	t.Helper()
	for {
		want(t, w)
		if b, err := os.ReadFile(path); err == nil && string(b) == text {
			return
		}
	}
}

func TestKubernetesSwaps(t *testing.T) {
	dir := t.TempDir()
	swap := func(i int) {
		data := filepath.Join(dir, fmt.Sprintf("..2026_%d", i))
		must(t, os.Mkdir(data, 0o700))
		write(t, filepath.Join(data, "tls.crt"), fmt.Sprint(i))
		must(t, os.Symlink(filepath.Base(data), filepath.Join(dir, "..data_tmp")), os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
		if i > 0 {
			must(t, os.RemoveAll(filepath.Join(dir, fmt.Sprintf("..2026_%d", i-1))))
		}
	}
	swap(0)
	path := filepath.Join(dir, "tls.crt")
	must(t, os.Symlink("..data/tls.crt", path))
	w := watch(t, Config{Paths: []string{path}})
	for i := 1; i <= 100; i++ {
		swap(i)
		until(t, w, path, fmt.Sprint(i))
	}
}

func TestTheLastOfManyIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	w := watch(t, Config{Paths: []string{path}})
	go func() {
		for i := range 1000 {
			_ = os.WriteFile(path+"~", fmt.Append(nil, i), 0o600)
			_ = os.Rename(path+"~", path)
		}
	}()
	until(t, w, path, "999")
}

func TestFoldersThatGoAndCome(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	path := filepath.Join(dir, "file")
	w := watch(t, Config{Paths: []string{path}, Poll: Never}) // nothing is there yet
	for round := range 3 {
		must(t, os.MkdirAll(dir, 0o700))
		write(t, path, "first")
		until(t, w, path, "first")
		text := fmt.Sprint(round)
		rename(t, path, text)
		until(t, w, path, text)
		must(t, os.RemoveAll(filepath.Dir(dir)))
		for {
			want(t, w)
			if _, err := os.Stat(dir); err != nil {
				break
			}
		}
	}
}

func TestDebounceAndFilter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	clock := newTimers(debounce, 10*debounce, poll)
	w := watch(t, Config{Paths: []string{path}, Debounce: debounce, After: clock.after})
	if d := receive(t, clock.asked); d != poll {
		t.Fatal(d)
	}
	for i := range 100 { // none of these starts a timer
		write(t, filepath.Join(dir, fmt.Sprint("unrelated", i)), "x")
		write(t, filepath.Join(dir, ".file.swp"), "x")
	}
	limits := 0
	debounced := func() { // by at least one of the events
		t.Helper()
		for d := receive(t, clock.asked); d != debounce; d = receive(t, clock.asked) {
			if limits++; d != 10*debounce {
				t.Fatal(d)
			}
		}
	}
	for range 3 {
		rename(t, path, "x")
		debounced()
		select {
		case <-w.Changes():
			t.Fatal("reported before the events ended")
		default:
		}
	}
	if limits != 1 {
		t.Errorf("%d limits", limits)
	}
	send(t, clock.fire[debounce])
	want(t, w)

	rename(t, path, "x")
	debounced()
	send(t, clock.fire[10*debounce]) // the events do not end
	want(t, w)
	if len(w.changes) != 0 {
		t.Error("reported twice")
	}
}

func TestClose(t *testing.T) {
	w := watch(t, Config{Paths: []string{filepath.Join(t.TempDir(), "file")}})
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, open := <-w.Changes(); open {
		t.Error("Changes is open after Close")
	}
	if _, err := New(Config{}); err == nil {
		t.Error("nothing to watch is no error")
	}
}
