//go:build unix && !linux

package supervise

import (
	"os/signal"
	"syscall"
)

// children are none that we could know of: orphans do not come to us.
func children() ([]process, error) { return nil, nil }

func adoptOrphans()                      {}
func hide()                              {}
func dieWithParent(*syscall.SysProcAttr) {}

func withoutTTOU(fn func()) {
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	fn()
}
