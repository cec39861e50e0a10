// Command minimal is the least that a Go program can do of squire's work: it
// reads a .env file, without care for quotes, and execs. squire is measured
// against it.
package main

import (
	"bytes"
	"os"
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
	if err := syscall.Exec(os.Args[2], os.Args[2:], environ); err != nil {
		os.Exit(126)
	}
}
