package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/resolve"
)

const (
	exitFailure = 1
	exitUsage   = 2
)

// usageError is a call that was typed wrong.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// fail says what went wrong, each fault on a line, and returns the exit code.
func (s *session) fail(cmd *cobra.Command, err error) int {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	var usage usageError
	isUsage := errors.As(err, &usage)
	s.messages.fail(resolve.Faults(err), hint(cmd, err, isUsage))
	if isUsage {
		return exitUsage
	}
	return exitFailure
}

// hint is what to type next.
func hint(cmd *cobra.Command, err error, isUsage bool) string {
	h := resolve.Hint(err)
	held := errors.Is(err, resolve.ErrBusy) && h == "wait for it to end, or stop it" // the store's own
	switch {
	case held && cmd.Name() == "serve":
		return "one server has a store: stop that one, or serve another --data-dir; several share a --database-url"
	case held && cmd.Name() == "restore":
		return "stop whoever holds the store, and restore then"
	case held && cmd.Name() == "copy":
		return "where that is a server, stop it; FROM can be its URL instead: squired copy https://… TO --token-file FILE"
	case held:
		return "where that is a server, go through it: squired " + cmd.Name() + " --server URL --token-file FILE"
	case h != "":
		return h
	case isUsage:
		return cmd.CommandPath() + " --help"
	}
	return ""
}

// internalError is a panic, told by what it is and where, without its text: a
// panic may quote what it choked on.
func internalError(r any) error {
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
	return resolve.WithHint(fmt.Errorf("internal error: %T at %s", r, where), "this is a fault of squired: report this line and what squired version prints")
}

// plainWord says whether a mistyped argument may be echoed: it could have been
// a secret.
func plainWord(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 30
}

// flagError says what is wrong with a flag, in words of our own: pflag's hold
// what was typed.
func flagError(_ *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var needs *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && plainWord(unknown.GetSpecifiedName()) && unknown.GetSpecifiedShortnames() == "":
		return usagef("unknown flag --%s", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return usagef("unknown flag")
	case errors.As(err, &needs):
		return usagef("--%s needs a value", needs.GetFlag().Name)
	case errors.As(err, &invalid):
		return badValue("--"+invalid.GetFlag().Name, invalid.GetFlag())
	}
	return usagef("bad flag syntax")
}

// badValue says what a flag or its variable wants, and not what it was given.
func badValue(where string, f *pflag.Flag) error {
	switch f.Value.Type() {
	case "bool":
		return usagef("%s: want true or false", where)
	case "duration":
		return usagef("%s: want a duration such as 30s or 2m", where)
	case "int":
		return usagef("%s: want a whole number", where)
	}
	return usagef("%s: want another value", where)
}

func knownCommand(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !plainWord(args[0]):
		return usagef("%s: unknown command", cmd.CommandPath())
	}
	err := usagef("unknown command %q for %s", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return resolve.WithHint(err, "%s %s", cmd.CommandPath(), near[0])
	}
	return err
}

func needsCommand(cmd *cobra.Command, _ []string) error {
	return usagef("%s needs a command", cmd.CommandPath())
}

// exactArgs is cobra.ExactArgs with words that say what is missing.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usagef("%s: %s is missing", cmd.CommandPath(), names[len(args)])
		}
		if len(args) > len(names) {
			return usagef("%s: too many arguments", cmd.CommandPath())
		}
		return nil
	}
}
