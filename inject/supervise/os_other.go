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

// stopUs stops us, and after our whole group if group says so, while CONT is not
// caught.
func stopUs(c chan os.Signal, group bool) {
	signal.Ignore(syscall.SIGCONT)
	defer signal.Notify(c, syscall.SIGCONT)
	whom := syscall.Getpid()
	if group {
		whom = 0
	}
	_ = syscall.Kill(whom, syscall.SIGTSTP)
}
