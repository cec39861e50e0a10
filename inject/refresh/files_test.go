package refresh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/plan"
)

// disk is a Refresher of one real file, whose whole text is the variable X. An
// empty file is a syntax error here.
type disk struct {
	*Refresher
	path     string
	changed  chan string
	failed   chan error
	back     chan struct{}
	resolves atomic.Int64
	extra    atomic.Pointer[[]string] // files beside path
	text     atomic.Pointer[string]   // instead of the file's; nil: the file's
}

func newDisk(t *testing.T, debounce time.Duration) *disk {
	d := &disk{path: filepath.Join(t.TempDir(), "folder", "file"), changed: make(chan string, 1000), failed: make(chan error, 1000), back: make(chan struct{}, 1000)}
	d.extra.Store(&[]string{})
	must(t, os.Mkdir(filepath.Dir(d.path), 0o700))
	d.write(t, "first")
	first, err := d.read(t.Context())
	must(t, err)
	d.Refresher = New(first, Config{
		Resolve:   d.read,
		Changed:   func(r *plan.Result, _ change.Action) { d.changed <- value(r) },
		Failed:    func(err error, _ time.Duration) { d.failed <- err },
		Recovered: func() { d.back <- struct{}{} },
		Debounce:  debounce,
		Poll:      time.Hour, // it must not be what helps
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	return d
}

func (d *disk) read(context.Context) (*plan.Result, error) {
	d.resolves.Add(1)
	text, err := os.ReadFile(d.path)
	if err == nil && len(text) == 0 {
		err = errors.New("syntax error")
	}
	if err != nil {
		return nil, err
	}
	if instead := d.text.Load(); instead != nil {
		text = []byte(*instead)
	}
	result, err := makeResult(remote(d.path, restart, "X", string(text)))
	if result != nil {
		result.Files = append([]string{d.path}, *d.extra.Load()...)
	}
	return result, err
}

func (d *disk) write(t *testing.T, text string) {
	t.Helper()
	must(t, os.WriteFile(d.path, []byte(text), 0o600))
}

func (d *disk) rename(t *testing.T, text string) {
	t.Helper()
	must(t, os.WriteFile(d.path+"~", []byte(text), 0o600), os.Rename(d.path+"~", d.path))
}

// until waits for a text, past what was seen on the way to it.
func (d *disk) until(t *testing.T, text string) {
	t.Helper()
	for receive(t, d.changed) != text {
	}
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was reported")
		panic("unreachable")
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// TestFileFaults makes a file unusable in each way, and usable again: first the
// fault is reported and the last set kept, then the new one comes.
func TestFileFaults(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"deleted":        func(t *testing.T, path string) { must(t, os.Remove(path)) },
		"a folder":       func(t *testing.T, path string) { must(t, os.Remove(path), os.Mkdir(path, 0o700)) },
		"folder deleted": func(t *testing.T, path string) { must(t, os.RemoveAll(filepath.Dir(path))) },
		"truncated":      func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) },
		"dangling link":  func(t *testing.T, path string) { must(t, os.Remove(path), os.Symlink("nowhere", path)) },
		"unreadable": func(t *testing.T, path string) {
			if os.Getuid() == 0 {
				t.Skip("root reads all")
			}
			must(t, os.Chmod(path, 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t, time.Millisecond)
			d.rename(t, "second")
			d.until(t, "second")
			spoil(t, d.path)
			receive(t, d.failed)
			if s := d.State().Sources[0]; s.StaleSince.IsZero() || s.LastError == "" {
				t.Errorf("not shown as stale: %+v", s)
			}
			must(t, os.RemoveAll(d.path), os.MkdirAll(filepath.Dir(d.path), 0o700))
			d.rename(t, "third")
			receive(t, d.back)
			d.until(t, "third")
			if s := d.State().Sources[0]; !s.StaleSince.IsZero() || s.LastError != "" {
				t.Errorf("still shown as stale: %+v", s)
			}
		})
	}
}

// TestHalfWritten writes a file in two halves, the first of which is a syntax
// error or not: the whole is always reached.
func TestHalfWritten(t *testing.T) {
	d := newDisk(t, time.Millisecond)
	for i := range 50 {
		f, err := os.OpenFile(d.path, os.O_WRONLY|os.O_TRUNC, 0)
		must(t, err)
		_, err = fmt.Fprint(f, "half")
		must(t, err)
		whole := fmt.Sprint("half and half ", i)
		_, err = fmt.Fprint(f, whole[len("half"):])
		must(t, err, f.Close())
		d.until(t, whole)
	}
}

// TestStorm swaps a Kubernetes folder as its atomic writer does, as fast as it
// can for a while: the last state is reached, and the debounce bounds the work.
func TestStorm(t *testing.T) {
	const debounce = 20 * time.Millisecond
	d := newDisk(t, debounce)
	folder := filepath.Dir(d.path)
	swap := func(i int) {
		data := fmt.Sprintf("..2026_%d", i)
		must(t, os.Mkdir(filepath.Join(folder, data), 0o700),
			os.WriteFile(filepath.Join(folder, data, "file"), []byte(fmt.Sprint(i)), 0o600),
			os.Symlink(data, filepath.Join(folder, "..data_tmp")),
			os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")))
		if i > 0 {
			must(t, os.RemoveAll(filepath.Join(folder, fmt.Sprintf("..2026_%d", i-1))))
		}
	}
	swap(0)
	must(t, os.Remove(d.path), os.Symlink("..data/file", d.path))
	d.until(t, "0")
	began, before := time.Now(), d.resolves.Load()
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for i := range 100 {
		swap(i + 1)
		<-pace.C
	}
	d.until(t, "100")
	// Between two refreshes it is quiet once, or steadily changing ten times
	// as long; the retry of a file that was away in between comes on top.
	took := time.Since(began)
	if n, most := d.resolves.Load()-before, int64(took/debounce)+3; n > most {
		t.Errorf("%d refreshes in %s, more than %d", n, took, most)
	}
}

// TestOtherFiles adds a file to those that are watched, as an edit of
// squire.yaml does, and changes what is read without a file, so that only the
// new watch can tell.
func TestOtherFiles(t *testing.T) {
	d := newDisk(t, 0)
	more := filepath.Join(t.TempDir(), "more")
	d.extra.Store(&[]string{more})
	d.write(t, "second")
	d.until(t, "second")
	// The third may be found by the look after the new watch began; the fourth
	// by that watch alone.
	for _, text := range []string{"third", "fourth", "fifth"} {
		d.text.Store(&text)
		must(t, os.WriteFile(more, []byte(text), 0o600))
		d.until(t, text)
	}
}
