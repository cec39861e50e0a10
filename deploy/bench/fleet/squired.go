//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// squired is a server that can be started again where it was.
type squired struct {
	dir  string
	log  io.Writer
	addr string // HOST:PORT; port 0 before the first start
	cmd  *exec.Cmd
}

// start returns when it answers.
func (s *squired) start() error {
	path := func(name string) string { return filepath.Join(s.dir, name) }
	s.cmd = exec.Command(os.Getenv("SQUIRED"), "serve", "--listen", s.addr, "--data-dir", path("data"),
		"--master-key-file", path("key"), "--bootstrap-token-file", path("token"))
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for in := bufio.NewReader(log); ; {
		line, err := in.ReadString('\n')
		fmt.Fprint(s.log, line)
		if _, rest, found := strings.Cut(line, "squired answers at http://"); found {
			s.addr = strings.Fields(rest)[0]
			go func() { _, _ = io.Copy(s.log, in) }()
			return nil
		}
		if err != nil {
			return errors.Join(fmt.Errorf("squired: %s", line), s.cmd.Wait())
		}
	}
}

// end ends it: by TERM, which it obeys, or by KILL.
func (s *squired) end(sig syscall.Signal) {
	_ = s.cmd.Process.Signal(sig)
	_ = s.cmd.Wait() // its status is the signal's
}
