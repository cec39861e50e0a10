//go:build unix

// Command minimalwait is the least that a Go program can do of squire's work
// as a parent: it reads a .env file, without care for quotes, forks, hands
// signals on and waits. squire run --supervise is measured against it. Usage:
// minimalwait FILE COMMAND [ARG...]
package main

import (
	"bytes"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		os.Exit(125)
	}
	environ := os.Environ()
	for line := range bytes.Lines(data) {
		environ = append(environ, string(bytes.TrimRight(line, "\n")))
	}
	came := make(chan os.Signal, 64)
	signal.Notify(came, syscall.SIGCHLD, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT)
	child, err := syscall.ForkExec(os.Args[2], os.Args[2:], &syscall.ProcAttr{Env: environ, Files: []uintptr{0, 1, 2}})
	if err != nil {
		os.Exit(126)
	}
	for sig := range came {
		if sig == syscall.SIGCHLD {
			reap(child)
		} else {
			_ = syscall.Kill(child, sig.(syscall.Signal))
		}
	}
}

// reap takes all that have ended, and ends with the child.
func reap(child int) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil || pid == 0:
			return
		case pid == child && status.Signaled():
			os.Exit(128 + int(status.Signal()))
		case pid == child:
			os.Exit(status.ExitStatus())
		}
	}
}
