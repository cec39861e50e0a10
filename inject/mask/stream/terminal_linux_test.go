package stream_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// session is a parent and its command on a terminal, at which the test sits.
type session struct {
	t   *testing.T
	cmd *exec.Cmd
	*os.File
	seen bytes.Buffer
}

func sit(t *testing.T, command string) *session {
	t.Helper()
	cmd := exec.Command(os.Args[0], "/bin/sh", "-c", command)
	cmd.Env = append(os.Environ(), "STREAM_TEST_PARENT=1", "SECRET="+secret)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 33, Cols: 77})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &session{t: t, cmd: cmd, File: f}
}

func (s *session) send(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.File, keys); err != nil {
		s.t.Fatal(err)
	}
}

// expect reads until the text has come, and forgets all up to it.
func (s *session) expect(text string) {
	s.t.Helper()
	buf := make([]byte, 4096)
	for {
		if at := bytes.Index(s.seen.Bytes(), []byte(text)); at >= 0 {
			s.seen.Next(at + len(text))
			return
		}
		n, err := s.Read(buf)
		s.seen.Write(buf[:n])
		if err != nil {
			s.t.Fatalf("no %q in %q: %v", text, &s.seen, err)
		}
	}
}

// end is the rest, and the exit code.
func (s *session) end() (string, int) {
	s.t.Helper()
	_, _ = io.Copy(&s.seen, s.File) // its EIO is the end
	_ = s.cmd.Wait()
	return s.seen.String(), s.cmd.ProcessState.ExitCode()
}

func (s *session) mode() unix.Termios {
	s.t.Helper()
	mode, err := unix.IoctlGetTermios(int(s.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return *mode
}

func TestTheCommandHasATerminal(t *testing.T) {
	out, code := sit(t, `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size && test -w /dev/tty && echo $SECRET >/dev/tty && echo err >&2; exit 7`).end()
	if out != "33 77\r\n[redacted]\r\nerr\r\n" || code != 7 {
		t.Errorf("%q, code %d", out, code)
	}
}

func TestMaskedOnATerminal(t *testing.T) {
	out, _ := sit(t, `printf 's3cret'; printf -- '-val' >&2; printf 'ue\n'; printf '\033[31m%s\033[0m\n' "$SECRET"; printf %s "$SECRET" | base64`).end()
	if d := cmp.Diff("[redacted]\r\n\x1b[31m[redacted]\x1b[0m\r\n[redacted]\r\n", out); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// What a full-screen program sends comes out as it is.
func TestBytes(t *testing.T) {
	out, _ := sit(t, `stty raw; printf '\033[?1049h\033[2J\033[1;1H\033[38;5;196m~\n\r\t\000\377\302\033[?25l\033[?1049l'; stty -raw`).end()
	if d := cmp.Diff("\x1b[?1049h\x1b[2J\x1b[1;1H\x1b[38;5;196m~\n\r\t\x00\xff\xc2\x1b[?25l\x1b[?1049l", out); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestSize(t *testing.T) {
	s := sit(t, `trap 'stty size' WINCH; echo ready; while read x; do echo "read $x"; done`)
	s.expect("ready\r\n")
	if err := pty.Setsize(s.File, &pty.Winsize{Rows: 44, Cols: 99}); err != nil {
		t.Fatal(err)
	}
	s.expect("44 99\r\n")
}

func TestEcho(t *testing.T) {
	s := sit(t, `stty -echo; echo ready; read x; stty echo; echo "quiet: $x"; read y; echo "loud: $y"; stty raw; echo raw; head -c 3 | od -An -tx1`)
	s.expect("ready\r\n")
	s.send("secretly\n")
	s.expect("quiet: secretly\r\n")
	s.send("aloux\x7fd\n") // the line is edited where it should be
	s.expect("aloux\b \bd\r\nloud: aloud\r\n")
	s.expect("raw\n")
	s.send("\x03\x1a\x04")
	s.expect(" 03 1a 04")
	if out, code := s.end(); strings.Contains(out, "aloud") || code != 0 {
		t.Errorf("%q, code %d", out, code)
	}
}

func TestCtrlC(t *testing.T) {
	s := sit(t, `trap 'echo INT' INT; echo ready; while read x; do echo "read $x"; [ "$x" = quit ] && exit 5; done; echo again; while read x; do [ "$x" = quit ] && exit 5; done`)
	s.expect("ready\r\n")
	s.send("\x03")
	s.expect("INT\r\n")
	s.send("quit\n")
	if out, code := s.end(); strings.Contains(out, "INT") || code != 5 {
		t.Errorf("%q, code %d", out, code)
	}

	s = sit(t, `echo ready; exec sleep 1000`)
	s.expect("ready\r\n")
	s.send("\x03")
	if out, code := s.end(); code != 130 {
		t.Errorf("%q, code %d", out, code)
	}
}

// Ctrl-Z stops the command and its parent, and gives the terminal back.
func TestCtrlZ(t *testing.T) {
	s := sit(t, `echo ready; while read x; do echo "read $x"; [ "$x" = quit ] && exit 5; done`)
	before := s.mode()
	s.expect("ready\r\n")
	for _, word := range []string{"one", "two"} {
		s.send("\x1a")
		var status unix.WaitStatus
		if _, err := unix.Wait4(s.cmd.Process.Pid, &status, unix.WUNTRACED, nil); err != nil || !status.Stopped() {
			t.Fatalf("status %x, %v", status, err)
		}
		if mode := s.mode(); mode.Lflag&unix.ICANON == 0 || mode.Lflag != before.Lflag {
			t.Errorf("the terminal's mode is %x while we are stopped, and was %x", mode.Lflag, before.Lflag)
		}
		_ = s.cmd.Process.Signal(syscall.SIGCONT)
		s.send(word + "\n")
		s.expect("read " + word + "\r\n")
	}
	s.send("quit\n")
	if out, code := s.end(); code != 5 {
		t.Errorf("%q, code %d", out, code)
	}
}

// A shell that has jobs of its own stops them itself.
func TestCtrlZInAShell(t *testing.T) {
	s := sit(t, `set -m; sh -c 'echo ready; exec sleep 1000'; echo "stopped: $?"; kill -9 %1; exec sh -c 'exit 6'`)
	s.expect("ready\r\n")
	s.send("\x1a")
	s.expect("stopped: 148\r\n")
	if out, code := s.end(); code != 6 {
		t.Errorf("%q, code %d", out, code)
	}
}

func TestTheTerminalIsAsItWas(t *testing.T) {
	s := sit(t, `read x; stty raw -echo; exit 0`)
	// The test's own terminal stays open, to look at it afterwards.
	n, err := unix.IoctlGetInt(int(s.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	before := s.mode()
	s.send("x\n")
	_ = s.cmd.Wait()
	if d := cmp.Diff(before, s.mode()); d != "" {
		t.Errorf("-before +after:\n%s", d)
	}
}
