package signals

import (
	"iter"
	"syscall"
)

// Last is the highest signal there is.
const Last syscall.Signal = 64

// Set is a set of signals, in the kernel's form.
type Set uint64

// Of is the set of these.
func Of(all ...syscall.Signal) (s Set) {
	for _, sig := range all {
		s |= 1 << (sig - 1)
	}
	return s
}

// Has says whether a signal is in the set.
func (s Set) Has(sig syscall.Signal) bool { return sig > 0 && sig <= Last && s&Of(sig) != 0 }

// All are the signals in the set.
func (s Set) All() iter.Seq[syscall.Signal] {
	return func(yield func(syscall.Signal) bool) {
		for sig := syscall.Signal(1); sig <= Last; sig++ {
			if s.Has(sig) && !yield(sig) {
				return
			}
		}
	}
}
