package main

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A log that nobody reads, or that is broken, is no reason to leave a command alone.

// fullPipe is the end to write to of a pipe that has no room.
func fullPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	fd := int(w.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for page := make([]byte, 4096); err == nil; {
		_, err = unix.Write(fd, page)
	}
	if err != unix.EAGAIN {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	return r, w
}

func TestParentWithABadStandardError(t *testing.T) {
	for about, open := range map[string]func(*testing.T) *os.File{
		"full": func(t *testing.T) *os.File { _, w := fullPipe(t); return w },
		"broken": func(t *testing.T) *os.File {
			r, w := fullPipe(t)
			r.Close()
			return w
		},
		"a full disk": func(t *testing.T) *os.File {
			f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			return f
		},
	} {
		t.Run(about, func(t *testing.T) {
			each(t, both(squire("--log-level", "info", "--kill-timeout", "50ms")), func(t *testing.T, w wrapper) {
				stderr := func(cmd *exec.Cmd) { cmd.Stderr = open(t) }
				p := w.start(t, stderr, self(t), "child:signals", "QUIT")
				p.expect("ready")
				for range 20 {
					p.signal(syscall.SIGUSR1)
					p.expect("USR1")
				}
				p.signal(syscall.SIGTERM) // it does not end by that, and the timeout has something to say
				p.expect("TERM")
				p.ends(killed)
				p.silence()
			})
		})
	}
}
