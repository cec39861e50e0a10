package stream_test

import (
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/squire-env/squire/inject/mask"
	"github.com/squire-env/squire/inject/mask/stream"
	"github.com/squire-env/squire/resolve"
)

const secret = "s3cret-value"

// TestMain is also the parent of a command on a terminal: that has to be a
// process of its own, since the terminal is to be its controlling one.
func TestMain(m *testing.M) {
	if os.Getenv("STREAM_TEST_PARENT") != "" {
		os.Exit(parent(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

func masker() *mask.Masker {
	m := mask.New()
	m.Add(resolve.NewValue(secret))
	return m
}

// parent does with one command what inject/supervise does.
func parent(args []string) int {
	resized := make(chan os.Signal, 16)
	signal.Notify(resized, syscall.SIGWINCH)
	var pid int
	var s *stream.Streams
	suspend := func() {
		_ = syscall.Kill(-pid, syscall.SIGSTOP)
		s.Suspend()
		// To this thread: one to the process may come when the next line has run.
		runtime.LockOSThread()
		_ = unix.Tgkill(os.Getpid(), unix.Gettid(), syscall.SIGSTOP)
		runtime.UnlockOSThread()
		s.Resume()
		_ = syscall.Kill(-pid, syscall.SIGCONT)
	}
	s = stream.New(stream.Config{Mask: masker(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, OnSuspend: suspend})
	defer s.Close()
	pid, err := start(s, args...)
	if err != nil {
		return 125
	}
	go func() {
		for range resized {
			s.Resize()
		}
	}()
	status := wait(pid)
	s.Ended(nil)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// start is what a parent does to start a command. With one argument that is a
// shell's.
func start(s *stream.Streams, args ...string) (pid int, err error) {
	if len(args) == 1 {
		args = []string{"/bin/sh", "-c", args[0]}
	}
	files, sys, err := s.Open()
	if err != nil {
		return 0, err
	}
	env := []string{"PATH=/usr/bin:/bin", "TERM=xterm"}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "STREAM_TEST_PARENT=") {
			env = append(env, e)
		}
	}
	pid, err = syscall.ForkExec(args[0], args, &syscall.ProcAttr{Env: env, Files: files[:], Sys: sys})
	if err != nil {
		s.Ended(nil)
		return 0, err
	}
	s.Started()
	return pid, nil
}

func wait(pid int) (status unix.WaitStatus) {
	for {
		if _, err := unix.Wait4(pid, &status, 0, nil); err != unix.EINTR {
			return status
		}
	}
}
