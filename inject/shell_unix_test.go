//go:build unix

package inject

import (
	"os/exec"
	"testing"
)

// What a hint suggests for a command line, a shell reads as that line.
func TestShellQuote(t *testing.T) {
	for _, line := range []string{"echo hi", "echo it's", `a "b" \c $d`, "' '", "a | b && c; d # e *"} {
		out, err := exec.Command("sh", "-c", "printf %s "+shellQuote(line)).CombinedOutput()
		if err != nil || string(out) != line {
			t.Errorf("%s: a shell reads %q, %v", shellQuote(line), out, err)
		}
	}
	for _, line := range []string{"env A=b c", "curl -u a:b", "mail a@b", "a\nb"} {
		if got := shellQuote(line); got != "'COMMAND [ARG...]'" || shownCommand(line) != "a command line in one word (not shown)" {
			t.Errorf("%q is shown: %s", line, got)
		}
	}
}
