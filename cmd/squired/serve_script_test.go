package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// served is a squired that runs beside a script.
type served struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended, and its log is whole

	mu  sync.Mutex
	log strings.Builder
}

var answers = regexp.MustCompile(`squired answers at (\S+)`)

// startServer VARIABLE [FLAG...]: starts squired serve on a free port, and sets the
// variable to its URL once it answers. Its log is in VARIABLE.log when it ends.
func startServer(ts *testscript.TestScript, neg bool, args []string) {
	name := args[0]
	s := &served{done: make(chan struct{})}
	s.cmd = exec.Command(filepath.Join(binaries, "squired"), append([]string{"serve", "--listen", "127.0.0.1:0"}, args[1:]...)...)
	s.cmd.Dir = ts.MkAbs(".")
	for _, v := range []string{"HOME", "PATH", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "SQUIRED_DATA_DIR", "SQUIRED_MASTER_KEY_FILE"} {
		if text := ts.Getenv(v); text != "" {
			s.cmd.Env = append(s.cmd.Env, v+"="+text)
		}
	}
	out, err := s.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	url := make(chan string, 1)
	go func() {
		defer close(s.done)
		in := bufio.NewReader(out)
		for {
			line, err := in.ReadString('\n')
			s.mu.Lock()
			s.log.WriteString(line)
			s.mu.Unlock()
			if m := answers.FindStringSubmatch(line); m != nil {
				url <- m[1]
			}
			if err != nil {
				break
			}
		}
		_, _ = io.Copy(io.Discard, in)
		_ = s.cmd.Wait()
	}()
	ts.Defer(func() { _ = s.cmd.Process.Kill(); <-s.done })
	select {
	case text := <-url:
		if neg {
			ts.Fatalf("squired answers")
		}
		ts.Setenv(name, text)
		running.Store(key(ts, name), s)
	case <-s.done:
		ts.Check(os.WriteFile(ts.MkAbs(name+".log"), []byte(s.log.String()), 0o600))
		if !neg {
			ts.Fatalf("squired does not answer: %s", s.log.String())
		}
	}
}

// running are the servers of all scripts, by script and variable.
var running sync.Map

func key(ts *testscript.TestScript, name string) string { return ts.MkAbs(".") + "\x00" + name }

// stopServer VARIABLE [kill]: ends a server, by TERM, after which its exit code must
// be 0; or by KILL.
func stopServer(ts *testscript.TestScript, _ bool, args []string) {
	v, ok := running.LoadAndDelete(key(ts, args[0]))
	if !ok {
		ts.Fatalf("no server is called %s", args[0])
	}
	s := v.(*served)
	sig := os.Signal(syscall.SIGTERM)
	if len(args) > 1 {
		sig = os.Kill
	}
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		ts.Fatalf("%v", err)
	}
	<-s.done
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".log"), []byte(s.log.String()), 0o600))
	if code := s.cmd.ProcessState.ExitCode(); sig == syscall.SIGTERM && code != 0 {
		ts.Fatalf("exit code %d: %s", code, s.log.String())
	}
}
