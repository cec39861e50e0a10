//go:build unix

// Package tty keeps a terminal from stopping us. A process in the background is
// stopped, and its whole group with it, when it sets its terminal, and after
// `stty tostop` when it writes there. A parent that has lent the terminal to its
// command is in the background, and nobody would continue it.
//
// It makes no promise of compatibility.
package tty

import "io"

// Writer writes to w, which may be a terminal, and is never stopped for that.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ to io.Writer }

func (w writer) Write(p []byte) (n int, err error) {
	WithoutStop(func() { n, err = w.to.Write(p) })
	return n, err
}
