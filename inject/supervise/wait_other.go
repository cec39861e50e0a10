//go:build unix && !linux

package supervise

import "syscall"

func newWaiter(signals []syscall.Signal) waiter { return newChannelWaiter(signals) }
