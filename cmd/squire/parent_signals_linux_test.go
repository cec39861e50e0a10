package main

import (
	"encoding/binary"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/supervise"
)

func TestParentHandsOnEachSignalOnce(t *testing.T) {
	each(t, append(both(squire()), both(tini())...), func(t *testing.T, w wrapper) {
		all := supervise.DefaultForward()
		if strings.HasPrefix(w.name, "tini") {
			all = slices.DeleteFunc(all, func(sig syscall.Signal) bool { // which it dies of, or its libc keeps
				return slices.Contains([]syscall.Signal{syscall.SIGABRT, syscall.SIGSYS, syscall.SIGTRAP, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, 32, 33}, sig)
			})
		}
		for _, sig := range all {
			last := syscall.SIGTERM
			if sig == last {
				last = syscall.SIGUSR2
			}
			p := w.start(t, nil, self(t), "child:signals", change.SignalName(last))
			p.expect("ready")
			p.signal(sig)
			p.expect(change.SignalName(sig))
			if last != sig {
				p.signal(last)
				p.expect(change.SignalName(last))
			}
			p.ends(0)
			p.silence()
		}
	})
}

func TestParentHandsOnWhatItIsToldTo(t *testing.T) {
	for _, c := range []struct {
		about, flags string
		sent         string // to squire
		got          string // by the command; it ends with the last
	}{
		{"no more than usual", "", "USR1 TERM", "USR1 TERM"},
		{"one less", "--no-forward USR1", "USR1 USR2", "USR2"},
		{"several less", "--no-forward USR1,HUP --no-forward WINCH", "USR1 HUP WINCH TERM", "TERM"},
		{"one more", "--forward-signals ALRM", "ALRM TERM", "ALRM TERM"},
		{"TERM is another here", "--no-forward TERM --kill-signal QUIT", "TERM", "QUIT"},
		{"INT is another here", "--no-forward INT --kill-signal USR2", "INT", "USR2"},
		{"QUIT is another here", "--no-forward QUIT --kill-signal USR2", "QUIT", "USR2"},
		{"TERM means the command first", "--kill-signal QUIT", "TERM", "TERM"},
	} {
		each(t, both(squire(strings.Fields(c.flags)...)), func(t *testing.T, w wrapper) {
			got := strings.Fields(c.got)
			p := w.start(t, nil, self(t), "child:signals", got[len(got)-1])
			p.expect("ready")
			for _, name := range strings.Fields(c.sent) {
				sig, err := change.ParseSignal(name)
				if err != nil {
					t.Fatal(err)
				}
				if p.signal(sig); got[0] == name {
					p.expect(name) // before the next: signals have no order
					got = got[1:]
				}
			}
			p.expect(got...)
			p.ends(0)
			if p.silence(); t.Failed() {
				t.Errorf("at: %s", c.about)
			}
		})
	}
}

func TestParentSignalsTheGroup(t *testing.T) {
	each(t, both(squire("--kill-group")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, self(t), "child:group", "TERM")
		p.expect("ready", "ready")
		p.signal(syscall.SIGUSR1)
		p.expect("USR1", "USR1")
		p.signal(syscall.SIGTERM)
		p.expect("TERM", "TERM")
		p.ends(0)
		p.silence()
	})
	each(t, both(squire()), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, self(t), "child:group", "TERM")
		p.expect("ready", "ready")
		p.signal(syscall.SIGUSR1)
		p.expect("USR1")
		p.signal(syscall.SIGUSR2)
		p.expect("USR2") // the grandchild would have said one of the two
		p.signal(syscall.SIGKILL)
		p.ends(-int(syscall.SIGKILL))
	})
}

// Signals of a kind melt into one while they wait. What may never be lost is
// the last: what was true when it was sent must be seen.
func TestParentOfThousandsOfSignals(t *testing.T) {
	kinds := []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP}
	each(t, append(both(squire()), both(tini())...), func(t *testing.T, w wrapper) {
		counts, err := os.Create(t.TempDir() + "/counts")
		if err != nil {
			t.Fatal(err)
		}
		defer counts.Close()
		p := w.start(t, func(cmd *exec.Cmd) { cmd.ExtraFiles = append(cmd.ExtraFiles, counts) }, self(t), "child:count")
		p.expect("ready 0")
		const each = 1700
		go func() {
			for n := range uint64(each) {
				for _, sig := range kinds {
					_, _ = counts.WriteAt(binary.NativeEndian.AppendUint64(nil, n+1), 8*int64(sig))
					_ = p.cmd.Process.Signal(sig)
				}
			}
		}()
		seen := map[string]bool{}
		for said := 0; len(seen) < len(kinds); said++ {
			if name, n, _ := strings.Cut(p.next(), " "); n == strconv.Itoa(each) {
				seen[name] = true
			}
			if said > each*len(kinds) {
				t.Fatalf("more came than were sent; the last came of %v only", seen)
			}
		}
		p.signal(syscall.SIGTERM)
		p.ends(0)
	})
}
