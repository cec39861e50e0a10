package filewatch

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/fsnotify/fsnotify"
)

// tree makes folders, links and files in a folder: "a/", "a -> b" and "a".
func tree(t *testing.T, names ...string) (folder string) {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	for _, name := range names {
		link, target, isLink := strings.Cut(name, " -> ")
		switch path := filepath.Join(folder, link); {
		case isLink:
			must(t, os.Symlink(target, path))
		case strings.HasSuffix(name, "/"):
			must(t, os.MkdirAll(path, 0o700))
		default:
			write(t, path, "")
		}
	}
	return folder
}

func TestWay(t *testing.T) {
	for path, want := range map[string]string{
		"e":           "e.",
		"gone":        "gone?",
		"no/such":     "no?",
		"e/x":         "e e/x?",
		"./a//b/./e":  "a a/b a/b/e.",
		"l/e":         "l a a/b a/b/e.",
		"l/../e":      "l a a/b a/e.",
		"a/up/e":      "a a/up l a a/b a/b/e.",
		"away":        "away. a a/b a/b/e.",
		"loop":        strings.TrimSpace(strings.Repeat("loop. ", maxLinks+1)),
		"a/nowhere/e": "a a/nowhere a/x?",
	} {
		folder := tree(t, "a/b/", "a/b/e", "a/e", "e", "l -> a/b", "a/up -> ../l", "away -> a/b/e", "loop -> loop", "a/nowhere -> x/y")
		var got []string
		for _, s := range (lookups{}).way(folder + "/" + path) {
			name, below := strings.CutPrefix(s.path, folder+"/")
			if !below {
				continue
			}
			if s.final {
				name += "."
			}
			if s.info == nil {
				name = strings.TrimSuffix(name, ".") + "?"
			}
			if s.folder != filepath.Dir(s.path) || s.in == nil && s.info != nil {
				t.Errorf("%+v", s)
			}
			got = append(got, name)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestNeeds(t *testing.T) {
	folder := tree(t, "a/tmp/b/", "a/tmp/b/e", "a/tmp/b/l -> ../../tmp/b/gone/e")
	tmp := filepath.Join(folder, "a/tmp")
	must(t, os.Chmod(tmp, 0o777|os.ModeSticky))
	l := lookups{}
	var got, itself []string
	for _, n := range needsOf([][]step{l.way(tmp + "/b/e"), l.way(tmp + "/b/l")}) {
		name, below := strings.CutPrefix(n.path, folder+"/")
		switch {
		case n.path == "/" || name == "a/tmp":
			t.Errorf("%s is watched", n.path)
		case below && n.itself:
			itself = append(itself, name)
		case below:
			got = append(got, name)
		}
	}
	want, only := []string{"a/tmp/b"}, []string{"a", "a/tmp/b/e"}
	if runtime.GOOS != "linux" {
		only = nil
	}
	if !slices.Equal(got, want) || !slices.Equal(itself, only) {
		t.Errorf("%v, and for themselves %v", got, itself)
	}
}

// TestBlind has a kernel that provides nothing at first.
func TestBlind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	clock := newTimers(poll, CheckInterval)
	full := true
	w, err := open(Config{Paths: []string{path}, Poll: poll, After: clock.after}, func() (*fsnotify.Watcher, error) {
		if full {
			return nil, syscall.EMFILE
		}
		return fsnotify.NewWatcher()
	})
	must(t, err)
	defer w.Close()
	if b := w.Blind(); len(b) != 1 || b[0].Path != path || runtime.GOOS == "linux" && !strings.Contains(b[0].Reason, "max_user_instances") {
		t.Errorf("%q", b)
	}
	for _, text := range []string{"1", "22", "333"} {
		rename(t, path, text)
		send(t, clock.fire[CheckInterval])
		want(t, w)
	}
	send(t, clock.fire[CheckInterval]) // no change, no report
	send(t, clock.fire[CheckInterval])
	if len(w.changes) != 0 {
		t.Error("reported without a change")
	}
	full = false
	send(t, clock.fire[poll])
	want(t, w)
	if b := w.Blind(); len(b) != 0 {
		t.Errorf("%q", b)
	}
	rename(t, path, "by an event")
	want(t, w)
}

// TestNever checks nothing: there is no timer at all.
func TestNever(t *testing.T) {
	clock := newTimers()
	w, err := open(Config{Paths: []string{filepath.Join(t.TempDir(), "file")}, Poll: Never, After: clock.after},
		func() (*fsnotify.Watcher, error) { return nil, errors.New("no kernel") })
	must(t, err, w.Close())
	if b := w.Blind(); len(clock.asked) != 0 || len(b) != 1 || b[0].Reason != "no kernel" {
		t.Errorf("%d timers; %q", len(clock.asked), b)
	}
}

// TestLostEvents: it looks for itself, and reports.
func TestLostEvents(t *testing.T) {
	w := watch(t, Config{Paths: []string{filepath.Join(t.TempDir(), "file")}, Poll: Never})
	w.watches.kernel.Errors <- fsnotify.ErrEventOverflow
	want(t, w)
	if b := w.Blind(); len(b) != 0 {
		t.Errorf("%q", b)
	}
}

// TestErrorsWaitForNobody: fsnotify holds a lock while it reports one, which
// its receiver may be waiting for.
func TestErrorsWaitForNobody(t *testing.T) {
	w := watches{open: fsnotify.NewWatcher}
	w.start()
	for range 3 {
		w.kernel.Errors <- syscall.EINVAL
	}
	w.close()
	if len(w.lost) != 1 {
		t.Error("not noted")
	}
}
