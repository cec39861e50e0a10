//go:build unix && !linux

package supervise

import (
	"os"
	"os/signal"
	"syscall"
)

// children are none that we could know of: orphans do not come to us.
func children() ([]process, error) { return nil, nil }

func adoptOrphans() error                             { return nil }
func hide() error                                     { return nil }
func withoutDeathSignal(*syscall.SysProcAttr)         {}
func deniedStep(*syscall.SysProcAttr) (string, error) { return "", nil }
func dieWithParent(*syscall.SysProcAttr)              {}

// catchesStop: TSTP stops us before it can be known what the command does.
const catchesStop = false

// uncaught runs fn while CONT is not caught.
func uncaught(c chan os.Signal, fn func()) {
	signal.Ignore(syscall.SIGCONT)
	defer signal.Notify(c, syscall.SIGCONT)
	fn()
}
