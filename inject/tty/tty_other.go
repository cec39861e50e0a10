//go:build unix && !linux

package tty

import (
	"os/signal"
	"sync"
	"syscall"
)

// WithoutStop runs fn, in which no terminal stops us.
func WithoutStop(fn func()) {
	if signal.Ignored(syscall.SIGTTOU) { // for good
		fn()
		return
	}
	turn.Lock()
	defer turn.Unlock()
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	fn()
}

// turn: what is ignored is the process's, not a thread's.
var turn sync.Mutex
