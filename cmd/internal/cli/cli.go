// Package cli is what the two binaries share: what they say and how they end.
//
// Start with Run, which runs a command line and returns its exit code. Messages
// is the only writer to standard error. Usagef makes the errors of a mistyped
// call; Root, Group and ExactArgs make commands that report such errors in words
// of their own, since those of cobra and pflag repeat what was typed, and that
// may be a secret.
//
// It promises that no message repeats what was typed, but for plain names, that
// it has no state, and that nothing in it runs before main. It makes no promise of
// compatibility.
package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/resolve"
)

// Program is one call of a binary.
type Program struct {
	Root     *cobra.Command
	Messages *Messages

	// Codes are the exit codes of a command. Nil: DefaultCodes for each.
	Codes func(*cobra.Command) Codes
	// Explain replaces an error by one that says more. Nil: none does.
	Explain func(*cobra.Command, error) error
	// Hint is what to type next where the error itself has no hint. Nil: nothing.
	Hint func(*cobra.Command, error) string
}

// Run executes the command that args name, reports its errors, and returns the
// exit code.
func (p *Program) Run(ctx context.Context, args []string) (code int) {
	cmd := p.Root
	defer p.Messages.Flush()
	defer func() {
		if r := recover(); r != nil {
			code = p.fail(cmd, internalError(p.Root.Name(), r))
		}
	}()
	p.Root.SetArgs(args)
	cmd, err := p.Root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	return p.fail(cmd, err)
}

// fail reports each fault of an error on a line, and returns the exit code.
func (p *Program) fail(cmd *cobra.Command, err error) int {
	var exit Exit
	if errors.As(err, &exit) {
		return int(exit)
	}
	if p.Explain != nil {
		err = p.Explain(cmd, err)
	}
	hint := resolve.Hint(err)
	switch {
	case hint != "":
	case IsUsage(err):
		hint = cmd.CommandPath() + " --help"
	case p.Hint != nil:
		hint = p.Hint(cmd, err)
	}
	p.Messages.Errors(resolve.Faults(err), hint)
	codes := DefaultCodes()
	if p.Codes != nil {
		codes = p.Codes(cmd)
	}
	return codes.of(err)
}

// internalError describes a panic by its type and place, without its text,
// which may hold a value.
func internalError(program string, r any) error {
	where := "?"
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if strings.Contains(frame.Function, "squire") || strings.HasPrefix(frame.Function, "main.") {
			where = fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
			break
		}
	}
	return resolve.WithHint(fmt.Errorf("internal error: %T at %s", r, where),
		"this is a bug of %s: please report this line and the output of %s version", program, program)
}
