//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/term"
)

// copyBare is the least that a Go program can do of what --mask does: it runs a
// command on a pseudo-terminal, or on a pipe when standard output is none, and
// writes on what it reads.
func copyBare(command []string) {
	if err := copyOutput(exec.Command(command[0], command[1:]...)); err != nil {
		fmt.Fprintln(os.Stderr, "bench: copy:", err)
		os.Exit(1)
	}
}

func copyOutput(cmd *exec.Cmd) error {
	// Without a way round between two files, which would look at nothing.
	to := struct{ io.Writer }{os.Stdout}
	if !term.IsTerminal(1) {
		return throughPipe(cmd, to)
	}
	before, err := term.MakeRaw(1)
	if err != nil {
		return err
	}
	defer func() { _ = term.Restore(1, before) }()
	return throughTerminal(cmd, to)
}
