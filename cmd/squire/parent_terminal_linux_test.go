package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// shell is a bash with job control on a pseudo-terminal.
type shell struct {
	*testing.T
	dir  string
	pty  *os.File
	out  chan string
	seen string // what came and was not expected yet
}

func newShell(t *testing.T) *shell {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		lacks(t, "bash", "its job control is needed")
	}
	cmd := exec.Command(bash, "--norc", "--noprofile", "--noediting", "-i")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PS1=", "PS2=", "TERM=dumb", "INPUTRC=/dev/null", "LC_ALL=C", "HISTFILE=",
		"PATH="+filepath.Dir(squireBinary)+":"+os.Getenv("PATH"))
	f, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	// Not blocking, so that Close ends the read below though somebody is stuck.
	fd, err := syscall.Dup(int(f.Fd()))
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	f = os.NewFile(uintptr(fd), "pty")
	s := &shell{T: t, dir: cmd.Dir, pty: f, out: make(chan string, 1024)}
	go func() {
		defer close(s.out)
		for b := make([]byte, 4096); ; {
			n, err := f.Read(b)
			if s.out <- string(b[:n]); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		f.Close() // a hangup for all that is left on it
		for range s.out {
		}
		_ = cmd.Wait()
	})
	// What is typed is not echoed, so that all that is seen was said by somebody;
	// and Ctrl-C throws nothing away that was just said or typed.
	s.enter("stty -echo noflsh; echo begi''n").expect("begin")
	return s
}

func (s *shell) enter(line string) *shell { return s.keys(line + "\n") }

func (s *shell) keys(keys string) *shell {
	s.Helper()
	if _, err := s.pty.WriteString(keys); err != nil {
		s.Fatal(err)
	}
	return s
}

// expect waits until the text is seen, and returns what came before it.
func (s *shell) expect(text string) (before string) {
	s.Helper()
	timeout := time.After(hang)
	for {
		if at := strings.Index(s.seen, text); at >= 0 {
			before, s.seen = s.seen[:at], s.seen[at+len(text):]
			return before
		}
		select {
		case more, ok := <-s.out:
			if s.seen += more; !ok {
				s.Fatalf("it is over; want %q, seen %q", text, s.seen)
			}
		case <-timeout:
			s.Fatalf("want %q, seen %q", text, s.seen)
		}
	}
}

// code expects the last command to have ended with this code, and the shell in
// the foreground of its terminal.
func (s *shell) code(code string) {
	s.Helper()
	s.enter(`echo "code $? group $(ps -o tpgid= -p $$ | tr -d ' ') shell $$."`)
	s.expect("code ")
	fields := strings.Fields(s.expect("."))
	if fields[0] != code || fields[2] != fields[4] {
		s.Errorf("code %s, foreground group %s of shell %s; want code %s", fields[0], fields[2], fields[4], code)
	}
}

const ctrlC, ctrlD, ctrlZ = "\x03", "\x04", "\x1a"

func TestParentGetsCtrlCOnce(t *testing.T) {
	s := newShell(t)
	s.enter(`squire run --supervise -- bash -c 'n=0; trap "n=\$((n+1)); echo int \$n." INT; echo ready; read x; echo got $x.; exit 7'`)
	s.expect("ready")
	s.keys(ctrlC).expect("int 1.")
	if more := s.enter("a").expect("got a."); strings.Contains(more, "int") {
		t.Errorf("one Ctrl-C came twice: %q", more)
	}
	s.code("7")

	s.enter("squire run --supervise -- sh -c 'echo ready; exec sleep 1000'").expect("ready")
	s.keys(ctrlC)
	s.code("130")
}

func TestParentEndsByCtrlCThoughItRestarts(t *testing.T) {
	s := newShell(t)
	for range 5 {
		s.enter("squire run --restart always -- sh -c 'echo ready; exec sleep 1000'").expect("ready")
		s.keys(ctrlC)
		s.code("130")
	}
	s.enter("squire run --restart always -- sh -c 'exit 9'").expect("it starts again in")
	s.keys(ctrlC) // in the pause
	s.code("130")
}

func TestParentStopsAndGoesOn(t *testing.T) {
	s := newShell(t)
	// What it says is not what is typed, which a terminal shows, too.
	s.enter(`squire run --supervise -- sh -c 'echo ready; exec sed -u "s/^/got /"'`).expect("ready")
	s.enter("hello").expect("got hello")
	s.keys(ctrlZ).expect("Stopped")
	s.enter("fg").expect("squire run")
	s.enter("again").expect("got again")
	s.keys(ctrlZ).expect("Stopped")
	s.enter("bg").expect("&") // it reads, so it stops at once
	s.enter("until jobs | grep -q Stopped; do :; done; echo stopped agai''n").expect("stopped again")
	s.enter("fg").expect("squire run")
	s.enter("more").expect("got more")
	s.keys(ctrlD)
	s.code("0")
}

func TestParentInTheBackground(t *testing.T) {
	s := newShell(t)
	s.enter("squire run --supervise -- cat &")
	s.enter("until jobs | grep -q Stopped; do :; done; echo it has stoppe''d").expect("it has stopped")
	s.enter("fg").expect("squire run")
	s.enter("typed").expect("typed")
	s.keys(ctrlD)
	s.code("0")
	s.enter("squire run --supervise -- sh -c 'exit 3' & wait $!")
	s.code("3")
}

func TestParentGivesItsTerminal(t *testing.T) {
	s := newShell(t)
	s.enter(`squire run --supervise -- sh -c 'test -t 0 && test -t 1 && test -t 2 && echo terminals; exit 4'`).expect("terminals")
	s.code("4")
	s.enter("squire run --supervise -- echo piped | cat").expect("piped")
	s.code("0")
	s.enter("echo fed | squire run --supervise -- cat").expect("fed")
	s.code("0")
	s.enter("squire run --supervise -- no-such-command").expect("error")
	s.code("127")
	s.enter("squire run --supervise -- sh -c 'kill -9 $$'")
	s.code("137")
}
