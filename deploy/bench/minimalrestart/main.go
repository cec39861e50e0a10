//go:build unix

// Command minimalrestart is the least that a Go program can do of a restart:
// at each USR1 it ends its child by TERM, waits for it, and starts it again,
// with another MARKER in its environment. squire run --watch is measured
// against it. Usage: minimalrestart COMMAND [ARG...]
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	came := make(chan os.Signal, 64)
	signal.Notify(came, syscall.SIGUSR1, syscall.SIGTERM)
	for n := 0; ; n++ {
		environ := append(os.Environ(), fmt.Sprint("MARKER=", n))
		child, err := syscall.ForkExec(os.Args[1], os.Args[1:], &syscall.ProcAttr{Env: environ, Files: []uintptr{0, 1, 2}})
		if err != nil {
			os.Exit(126)
		}
		sig := <-came
		_ = syscall.Kill(child, syscall.SIGTERM)
		for {
			if _, err := syscall.Wait4(child, nil, 0, nil); err != syscall.EINTR {
				break
			}
		}
		if sig == syscall.SIGTERM {
			return
		}
	}
}
