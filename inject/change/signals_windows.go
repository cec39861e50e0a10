package change

import (
	"errors"
	"syscall"
)

// ParseSignal fails: Windows has no signals to send.
func ParseSignal(string) (syscall.Signal, error) {
	return 0, errors.New("there are no signals on Windows")
}

// SignalName is a signal's name.
func SignalName(sig syscall.Signal) string { return sig.String() }
