package supervise

import (
	"errors"
	"syscall"
)

// DefaultForward is empty: Windows has no signals to send.
func DefaultForward() []syscall.Signal { return nil }

// CheckForward fails.
func CheckForward(syscall.Signal) error { return errors.New("there are no signals on Windows") }
