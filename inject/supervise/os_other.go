//go:build unix && !linux

package supervise

import (
	"os/signal"
	"syscall"
)

func adoptOrphans()                      {}
func hide()                              {}
func dieWithParent(*syscall.SysProcAttr) {}

func withoutTTOU(fn func()) {
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	fn()
}
