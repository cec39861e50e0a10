//go:build unix && !(linux && (amd64 || arm64))

package signals

import (
	"os"
	"os/signal"
	"syscall"
)

// IsIgnored says whether a signal is ignored now.
func IsIgnored(sig syscall.Signal) bool { return signal.Ignored(sig) }

// Inherited is what this process was started with.
func Inherited() Start {
	var s Start
	for sig := syscall.Signal(1); sig < 32; sig++ {
		if IsIgnored(sig) {
			s.Ignored |= Of(sig)
		}
	}
	return s.guess(os.LookupEnv)
}

// HandOn prepares for an exec by this goroutine.
func (s Start) HandOn() {
	for sig := range s.Ignored.All() {
		signal.Ignore(sig)
	}
}

// EndByDefault changes nothing here.
func EndByDefault() {}
