package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const signalsUntilTerm = "child:signals"

func TestWatchRestarts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=1\nW=a\n")
	p := watching("-f", ".env").watch(t, folder, []string{"INHERITED=yes"}, says("$V $W $INHERITED")...)
	p.expect("started 1 a yes")
	p.put(".env", "V=2\nW=a\n")
	p.expect("started 2 a yes")
	p.put(".env", "V=2\n") // one that goes away is gone
	p.expect("started 2  yes")
	p.put(".env", "V=2\nINHERITED=no\n")
	p.expect("started 2  no")
	p.put(".env", "V=2\n") // and what it hid is there again
	p.expect("started 2  yes")
	p.end()
}

// A source that was written and says the same changes nothing.
func TestWatchComparesValues(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, ".env")
	put(t, path, "V=1\nW=a\n")
	p := watching("-f", ".env", "--status-listen", "unix:socket").watch(t, folder, nil, says("$V $W")...)
	p.expect("started 1 a")
	p.said(".env: 2 variables")
	p.said(".env: 2 variables")
	for _, same := range []func(){
		func() { p.put(".env", "V=1\nW=a\n") },
		func() { p.put(".env", "# in another order\nW='a'\nV=\"1\"\n") },
		func() {
			f, err := os.OpenFile(path, os.O_WRONLY, 0) // in place
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString("# in another order\n"); err != nil {
				t.Fatal(err)
			}
		},
		func() {
			if err := os.Chmod(path, 0o644); err != nil {
				t.Fatal(err)
			}
		},
	} {
		same()
		p.said(".env: 2 variables") // it was looked at
	}
	p.put(".env", "V=2\nW=a\n")
	p.restarts("started 2 a")
	if s := p.state(); s.Child.Restarts != 1 || s.Refreshes.Changes != 1 || s.Refreshes.Succeeded < 4 {
		t.Errorf("%+v", s)
	}
	p.end()
}

func TestWatchSignals(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=1\n")
	p := watching("-f", ".env", "--on-change", "signal:HUP", "--status-listen", "unix:socket").watch(t, folder, nil, self(t), signalsUntilTerm, "TERM")
	p.expect("ready")
	p.put(".env", "V=2\n")
	p.expect("HUP")
	p.put(".env", "V=3\n")
	p.expect("HUP")
	if s := p.state(); s.Child.Restarts != 0 || s.Refreshes.Changes != 2 {
		t.Errorf("%+v", s)
	}
	p.signal(syscall.SIGTERM)
	p.expect("TERM")
	p.ends(0)
	p.silence()
}

func TestWatchExits(t *testing.T) {
	t.Parallel()
	for code, script := range map[int]string{
		143: `echo started >&3; exec sleep 1000`,
		7:   `trap 'kill -9 $!; exit 7' TERM; sleep 1000 & echo started >&3; wait`,
	} {
		folder := t.TempDir()
		put(t, filepath.Join(folder, ".env"), "V=1\n")
		p := watching("-f", ".env", "--on-change", "exit", "--restart", "always").watch(t, folder, nil, "sh", "-c", script)
		p.expect("started")
		p.put(".env", "V=2\n")
		p.ends(code)
		p.silence()
	}
}

// none waits for the next start, whatever that is for.
func TestWatchWaits(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=1\n")
	p := watching("-f", ".env", "--on-change", "none", "--restart", "on-failure", "--status-listen", "unix:socket").watch(t, folder, nil, says("$V")...)
	p.expect("started 1")
	p.put(".env", "V=2\n")
	p.said("the environment has changed")
	s := p.state()
	if s.Child.Restarts != 0 || s.Child.Phase != "running" {
		t.Errorf("%+v", s)
	}
	if err := syscall.Kill(s.Child.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.expect("started 2")
	p.said("squire: info: started ")
	if s := p.state(); s.Child.Restarts != 1 || s.Child.Failures != 1 || s.Child.LastCode != 137 {
		t.Errorf("%+v", s)
	}
	p.end()
}

func hook(t *testing.T, folder string) {
	t.Helper()
	script := "#!/bin/sh\necho \"hook $V $#: $*\" >&3\necho it prints\n"
	if err := os.WriteFile(filepath.Join(folder, "hook"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// exec runs a program with the new environment, and no shell sees its words.
func TestWatchRunsAnother(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=1\n")
	hook(t, folder)
	p := watching("-f", ".env", "--on-change", "exec:./hook  $V `id` ;echo * >nowhere", "--status-listen", "unix:socket").watch(t, folder, nil, says("$V")...)
	p.expect("started 1")
	p.put(".env", "V=2\n")
	p.expect("hook 2 5: $V `id` ;echo * >nowhere")
	p.said("it prints") // beside our own: standard output is the command's
	p.put(".env", "V=3\n")
	p.expect("hook 3 5: $V `id` ;echo * >nowhere")
	if s := p.state(); s.Child.Restarts != 0 || s.Child.Phase != "running" {
		t.Errorf("%+v", s)
	}
	if out := p.read("stdout"); out != "" {
		t.Errorf("standard output has %q", out)
	}
	p.end()

	p = watching("-f", ".env", "--on-change", "exec:./no-such-hook").watch(t, folder, nil, says("$V")...)
	p.expect("started 3")
	p.put(".env", "V=4\n")
	p.said("squire: warning: on-change: ./no-such-hook")
	p.end()
}

// TestWatchTakesTheStrongest changes two sources at once, by the swap of a
// mount.
func TestWatchTakesTheStrongest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, fallback, want string }{
		{"none", "signal:HUP", "exit", "HUP"},
		{"signal:HUP", "none", "exit", "HUP"},
		{"exec:./hook x", "signal:HUP", "exit", "hook 2 1: x"},
		{"signal:HUP", "restart", "exit", "TERM ready"},
		{"restart", "exec:./hook x", "exit", "TERM ready"},
		{"exit", "restart", "none", "TERM end"},
		{"none", "exit", "none", "TERM end"},
		{"", "none", "signal:USR1", "USR1"}, // one that says nothing has what --on-change says
		{"signal:HUP", "", "restart", "TERM ready"},
	} {
		t.Run(strings.Map(func(r rune) rune {
			if strings.ContainsRune(":./ ", r) {
				return '_'
			}
			return r
		}, c.a+" "+c.b), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			hook(t, folder)
			m := newMount(t, filepath.Join(folder, "m"), map[string]string{"a": "V=1\n", "b": "W=1\n"})
			yaml := "on_change: " + c.fallback + "\nsecrets:\n"
			for file, action := range map[string]string{"a": c.a, "b": c.b} {
				yaml += "- env_file: m/" + file + "\n"
				if action != "" {
					yaml += "  on_change: " + action + "\n"
				}
			}
			put(t, filepath.Join(folder, "squire.yaml"), yaml)
			p := watching().watch(t, folder, nil, self(t), signalsUntilTerm, "TERM")
			p.expect("ready")
			p.said(": 1 variable")
			m.swap(map[string]string{"a": "V=2\n", "b": "W=2\n"})
			if strings.HasSuffix(c.want, " end") {
				p.expect(strings.TrimSuffix(c.want, " end"))
				p.ends(0)
				p.silence()
				return
			}
			if strings.HasPrefix(c.want, "hook") {
				p.expect(c.want)
			} else {
				p.expect(strings.Fields(c.want)...)
			}
			p.signal(syscall.SIGTERM)
			p.expect("TERM")
			p.ends(0)
			p.silence()
		})
	}
}
