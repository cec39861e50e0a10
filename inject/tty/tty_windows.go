// Package tty does nothing on Windows, where no terminal stops a process.
package tty

import "io"

// Writer is w.
func Writer(w io.Writer) io.Writer { return w }
