//go:build unix

package signals

import "syscall"

// Start is what a process was started with.
type Start struct {
	Ignored Set
	Blocked Set
	// Complete says that all is known. Otherwise Blocked is not, and Ignored has
	// only what Go's runtime leaves as it was, and what systemd ignores.
	Complete bool
}

// guess adds what is not known but likely: systemd has each service ignore PIPE,
// unless its unit says IgnoreSIGPIPE=no.
func (s Start) guess(lookupEnv func(string) (string, bool)) Start {
	for _, name := range []string{"INVOCATION_ID", "JOURNAL_STREAM"} {
		if _, ok := lookupEnv(name); ok {
			s.Ignored |= Of(syscall.SIGPIPE)
		}
	}
	return s
}

// HandOn prepares for an exec by this goroutine: the program will ignore and
// block what this process was started to.
func HandOn() { Inherited().HandOn() }
