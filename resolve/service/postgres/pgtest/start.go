//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// keeper is a shell script that ends the server when its standard input is closed.
// That is a pipe from the test process, so the server ends with it.
const keeper = `exec 3<&0; "$@" </dev/null 3<&- & pid=$!; (cat <&3 >/dev/null; kill -QUIT $pid 2>/dev/null) & wait $pid; kill $! 2>/dev/null`

func (s *Server) start() (err error) {
	if s.bin == "" {
		if s.bin, err = binaries(); err != nil {
			return err
		}
	}
	if s.dir == "" {
		if err := s.initdb(); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	deadline := time.Now().Add(timeout)
	for {
		if err := s.launch(log); err != nil {
			return err
		}
		if s.ready(deadline) {
			return nil
		}
		_ = s.alive.Close()
		<-s.ended
		s.cmd = nil
		if time.Now().After(deadline) {
			return fmt.Errorf("the PostgreSQL server does not start\n%s", s.log())
		}
		time.Sleep(20 * time.Millisecond) // after a kill -9, child processes may still be running
	}
}

func (s *Server) launch(log *os.File) error {
	cmd := exec.Command("/bin/sh", "-c", keeper, "keeper", filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.dir, "data"),
		"-k", s.dir, "-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_connections=100", "-c", "lc_messages=C")
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	asUser(cmd)
	alive, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.alive, s.ended = cmd, alive, make(chan struct{})
	go func(ended chan struct{}) { _ = cmd.Wait(); close(ended) }(s.ended)
	return nil
}

// ready connects until the server answers, or has ended.
func (s *Server) ready(deadline time.Time) bool {
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		cancel()
		if err == nil {
			_ = conn.Close(context.Background())
			return true
		}
		select {
		case <-s.ended:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false
}

// initdb creates the data folder. The path is short, because that of a socket may
// have at most 107 bytes.
func (s *Server) initdb() error {
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return err
	}
	s.dir = dir
	if err := own(dir); err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(s.bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = dir
	asUser(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// binaries finds the folder of initdb and postgres: on the PATH, else the newest
// one of Debian's folders.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return "", errors.New("no postgres on the PATH or in /usr/lib/postgresql/*/bin (apt-get install postgresql)")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}
