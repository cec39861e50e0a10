package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// The shell takes over when the command is stopped, by whatever signal.
func TestParentStopsWithTheCommand(t *testing.T) {
	for where, start := range map[string]string{
		"lent":        "squire run --supervise -- ",
		"shared":      "seq 1 | squire run --supervise -- ",
		"mask":        "squire run --mask -e K=abcdefgh -- ",
		"shared mask": "seq 1 | squire run --mask -e K=abcdefgh -- ",
	} {
		signals := []string{"STOP", "TSTP", "TTIN", "TTOU"}
		if where == "mask" {
			signals = signals[:1] // alone in its session, it is stopped by no other
		}
		for _, sig := range signals {
			t.Run(where+" "+sig, func(t *testing.T) {
				t.Parallel()
				s := newShell(t)
				s.enter(start + "sh -c 'kill -" + sig + ` $$; echo ba""ck; read k </dev/tty; echo "got $k."; kill -` + sig + ` $$; exit 6'`).expect("Stopped")
				s.enter("fg").expect("back")
				s.enter("a key").expect("Stopped") // what it has said may come out later
				// On one line: a masked command on a terminal gets what is typed before it ends.
				s.enter("fg; code=$?; echo ov''er; (exit $code)").expect("over")
				s.code("6")
			})
		}
	}
	s := newShell(t)
	s.enter("squire run --supervise -- bash --norc --noprofile --noediting -i")
	for range 2 {
		s.enter("suspend").expect("Stopped")
		s.enter("fg").expect("squire run")
		s.enter("echo insi''de").expect("inside")
	}
	s.enter("exit 7")
	s.code("7")
}

// inFront is a command that puts the last job in the foreground, and says so.
const inFront = `(until ps -o tpgid= -p $$ | grep -qw $!; do :; done; echo in fro''nt) & fg %1`

// In the background the shell waits for nobody.
func TestParentRunsOnThoughTheCommandIsStopped(t *testing.T) {
	s := newShell(t)
	s.enter(`squire run --supervise -- sh -c 'kill -STOP $$; echo "back."; exit 6' &`)
	s.enter(`until ps -o stat= --ppid $! | grep -q T; do :; done; jobs`).expect("Running")
	s.enter(inFront).expect("in front")
	s.keys(ctrlZ).expect("Stopped")
	s.enter("fg %1").expect("back.")
	s.code("6")

	// The first of a session is nobody's job.
	cmd := exec.Command(squireBinary, "run", "--supervise", "--", "sh", "-c", `echo "pid $$."; kill -STOP $$; echo back`)
	f, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := make([]byte, 100)
	n, _ := f.Read(out)
	pid, err := strconv.Atoi(strings.Trim(string(out[:n]), "pid .\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(hang); ; time.Sleep(time.Millisecond) {
		if stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); strings.Contains(string(stat), ") T ") {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("it is not stopped: %s", stat)
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	if n, _ := f.Read(out); n > 0 {
		t.Errorf("it went on: %q", out[:n])
	}
	_ = cmd.Wait()
}

// A shell does not tell a running job that it is in the foreground now.
func TestParentStopsAtTheFirstCtrlZ(t *testing.T) {
	s := newShell(t)
	s.enter(`mkfifo fifo; squire run --supervise -- sh -c 'echo st""arted; read x <fifo; echo "got $x."; exit 6' &`).expect("started")
	s.enter("J=$!; " + inFront).expect("in front")
	s.keys(ctrlZ).expect("Stopped")
	for range 2 {
		s.enter("bg %1").expect("&")
		s.enter(strings.ReplaceAll(inFront, "$!", "$J")).expect("in front")
		s.keys(ctrlZ).expect("Stopped")
	}
	s.enter("(echo it >fifo) & fg %1").expect("got it.")
	s.code("6")
}
