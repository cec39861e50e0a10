package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestWatchAFileThatBreaks: whatever becomes of a file, the command stays with
// what it has, and gets the next one that is whole.
func TestWatchAFileThatBreaks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about           string
		breaks, repairs func(path string) error
		says            string // each breach names the file
	}{
		{"deleted", os.Remove, nil, "no such file"},
		{"a folder", func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o755)
		}, os.Remove, ".env: "}, // at first it may be reported as gone
		{"half written", func(path string) error { return replace(path, "V=2\nW='b\nc") }, nil, ".env:2:"},
		{"no UTF-8", func(path string) error { return replace(path, "V=2\xff\n") }, nil, "UTF-8"},
		{"a link to nowhere", func(path string) error {
			if err := os.Symlink("nowhere", path+"~"); err != nil {
				return err
			}
			return os.Rename(path+"~", path)
		}, nil, "no such file"},
		{"a link to itself", func(path string) error {
			if err := os.Symlink(".env", path+"~"); err != nil {
				return err
			}
			return os.Rename(path+"~", path)
		}, nil, "too many levels"},
		{"unreadable", func(path string) error { return os.Chmod(path, 0) }, nil, "permission denied"},
		{"without a required variable", func(path string) error { return replace(path, "V=2\n") }, nil, "W"},
		{"far too large", func(path string) error { return replace(path, "V=2\nW="+strings.Repeat("x", 200<<10)+"\n") }, nil, "W"},
	} {
		t.Run(strings.ReplaceAll(c.about, " ", "_"), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, ".env")
			put(t, path, "V=1\nW=a\n")
			w := watching("-f", ".env", "--require", "W", "--status-listen", "unix:socket")
			if os.Getuid() == 0 {
				w = w.before(mortal(t)...)
			}
			p := w.watch(t, folder, nil, says("$V $W")...)
			p.expect("started 1 a")
			p.said(".env: 2 variables")
			p.said(".env: 2 variables")
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, next := range []string{"V=1\nW=a\n", "V=3\nW=c\n"} { // first it comes back as it was
				check(c.breaks(path))
				p.said("squire: warning: ")
				p.said(c.says)
				p.said("the environment stays as it is; retrying within")
				s := p.state()
				if s.Child.Phase != "running" || s.Child.Restarts != 0 || s.Refreshes.Failed == 0 {
					t.Errorf("%+v", s)
				}
				if one := s.Secrets[0]; one.Source == "" || one.StaleSince == nil || one.LastError == "" {
					t.Errorf("%+v", one)
				}
				if c.repairs != nil {
					check(c.repairs(path))
				}
				p.put(".env", next)
				p.said("all sources can be read again")
			}
			p.restarts("started 3 c")
			if s := p.state(); s.Child.Restarts != 1 || s.Secrets[0].StaleSince != nil || s.Secrets[0].LastError != "" {
				t.Errorf("%+v", s)
			}
			p.end()
		})
	}
}

func replace(path, text string) error {
	if err := os.WriteFile(path+"~", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+"~", path)
}

// mortal is for root: a launcher that takes away root's power to read all files.
func mortal(t *testing.T) []string {
	t.Helper()
	path, err := exec.LookPath("setpriv")
	if err != nil {
		lacks(t, "setpriv", err)
	}
	return []string{path, "--bounding-set=-dac_override,-dac_read_search", "--"}
}

func TestWatchTheConfigFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	config := filepath.Join(folder, "squire.yaml")
	put(t, filepath.Join(folder, "a.env"), "A=1\n")
	put(t, filepath.Join(folder, "b.env"), "B=1\n")
	const one, two = "secrets:\n- env_file: a.env\n", "secrets:\n- env_file: a.env\n- env_file: b.env\n"
	put(t, config, one)
	p := watching("--status-listen", "unix:socket").watch(t, folder, nil, says("$A $B")...)
	p.expect("started 1 ")
	p.put("squire.yaml", two) // a new source counts,
	p.expect("started 1 1")
	p.put("b.env", "B=2\n") // and is watched
	p.expect("started 1 2")

	p.put("squire.yaml", "secrets:\n- env_file: [a.env\n")
	p.said("squire.yaml:")
	p.said("the environment stays as it is")
	p.put("squire.yaml", two)
	p.said("all sources can be read again")
	p.put("squire.yaml", two+"- env_file: gone.env\n")
	p.said("gone.env")
	p.said("the environment stays as it is")
	p.put("gone.env", "B=3\n") // what it wants comes later
	p.restarts("started 1 3")
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	p.said("squire.yaml is gone")
	p.said("the environment stays as it is")
	if s := p.state(); s.Child.Restarts != 3 || s.Child.Phase != "running" {
		t.Errorf("%+v", s)
	}
	p.put("squire.yaml", one) // one that goes is gone
	p.expect("started 1 ")
	p.put("b.env", "B=4\n")
	p.put("a.env", "A=2\n")
	p.expect("started 2 ")
	p.end()
}

// A pipe can be read once. What came from it stays, whatever else changes.
func TestWatchBesideAPipe(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=1\n")
	fifo := filepath.Join(folder, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe() // as a shell makes of <(…)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("P=pipe\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	watch := watching("-f", "/dev/fd/4", "-f", "fifo", "-f", ".env")
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(fifo, []byte("F=fifo\n"), 0) }()
	p := watch.watchWith(t, folder, func(cmd *exec.Cmd) { cmd.ExtraFiles = append(slices.Clone(cmd.ExtraFiles), r) }, says("$P $F $V")...)
	p.expect("started pipe fifo 1")
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	p.put(".env", "V=2\n")
	p.expect("started pipe fifo 2")
	p.put(".env", "V=3\n")
	p.expect("started pipe fifo 3")
	if err := os.Remove(fifo); err != nil {
		t.Fatal(err)
	}
	p.put(".env", "V=4\n")
	p.expect("started pipe fifo 4")
	p.put("fifo", "F=file\n") // a file in its place counts
	p.expect("started pipe file 4")
	p.end()
}
