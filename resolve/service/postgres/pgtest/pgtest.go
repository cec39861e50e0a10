//go:build unix

// Package pgtest runs a PostgreSQL server for tests, on a socket in a temporary
// folder. It uses no port, and no server of the system.
//
// Start with Main and Server.Database:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &shared)) }
//	func TestX(t *testing.T)    { url := shared.Database(t) … }
//
// Without a server binary, tests are skipped; or they fail, if the environment
// variable SQUIRE_TEST_REQUIRE lists postgres. The package makes no promise of
// compatibility.
package pgtest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server. The zero value starts when it is first used. It
// ends with Close, or with the test process, however that ends.
type Server struct {
	mu     sync.Mutex
	failed error // why it cannot start here
	bin    string
	dir    string // has the socket, the data and the log
	n      int    // number of databases

	cmd   *exec.Cmd
	alive io.Closer // the server ends when this pipe is closed
	ended chan struct{}
}

// timeout limits each wait, also on a slow machine.
const timeout = 2 * time.Minute

// Main runs the tests and ends the server after them.
func Main(m *testing.M, s *Server) int {
	code := m.Run()
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

// New starts a server for one test, which may stop it. It ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Start(t)
	return s
}

// Start starts the server, with the data that it had before.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil && s.cmd == nil {
		s.failed = s.start()
	}
	if s.failed != nil {
		skip(t, s.failed)
	}
}

func skip(t testing.TB, why error) {
	t.Helper()
	if slices.Contains(strings.Fields(os.Getenv("SQUIRE_TEST_REQUIRE")), "postgres") {
		t.Fatal(why)
	}
	t.Skipf("needs a PostgreSQL server: %v", why)
}

// Database creates an empty database and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.Start(t)
	s.mu.Lock()
	s.n++
	name := fmt.Sprintf("db%d", s.n)
	s.mu.Unlock()
	s.Exec(t, s.URL("postgres"), "create database "+name)
	return s.URL(name)
}

// URL is the URL of a database of the server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=postgres", database, s.dir)
}

// Exec runs one statement in its own session.
func (*Server) Exec(t testing.TB, url, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// Query runs one statement in its own session and returns the first column of its
// rows, as text.
func (*Server) Query(t testing.TB, url, sql string, args ...any) []string {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Stop ends the server as an operator does: sessions are closed, data is written.
// Start starts it again.
func (s *Server) Stop(t testing.TB) { t.Helper(); s.signal(t, syscall.SIGINT) }

// Kill ends the server and its sessions with kill -9. The processes of the
// sessions would otherwise run until they notice.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	sessions := s.Query(t, s.URL("postgres"), "select pid::text from pg_stat_activity where pid <> pg_backend_pid()")
	s.signal(t, syscall.SIGKILL)
	for _, session := range sessions {
		if pid, err := strconv.Atoi(session); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended already
		}
	}
}

func (s *Server) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stop(sig); err != nil {
		t.Fatal(err)
	}
}

// Close ends the server and removes its folder.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.stop(syscall.SIGQUIT)
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
	return err
}

func (s *Server) stop(sig syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	pid, err := s.pid()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, sig); err != nil {
		return err
	}
	select {
	case <-s.ended:
	case <-time.After(timeout):
		return fmt.Errorf("the PostgreSQL server did not end\n%s", s.log())
	}
	_ = s.alive.Close()
	s.cmd = nil
	return nil
}

// pid is the process id of the server, the first line of postmaster.pid.
func (s *Server) pid() (int, error) {
	b, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	return strconv.Atoi(first)
}

func (s *Server) log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(b[max(0, len(b)-4000):])
}
