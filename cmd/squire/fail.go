package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
)

// Exit codes of run; those of the other commands are 0, 1 and 2 for usage.
const (
	exitSquire        = 125 // squire itself failed, usage included
	exitNotExecutable = 126
	exitNotFound      = 127
	exitFailure       = 1
	exitUsage         = 2
)

// usageError is a call that was typed wrong.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// joinUsage makes faults that were typed one error, a line each; nil where
// there is none.
func joinUsage(faults ...error) error {
	var all []error
	for _, f := range faults {
		if f != nil {
			all = append(all, usageError{f})
		}
	}
	return errors.Join(all...)
}

// exitError is the status of a child where squire could not become it.
type exitError interface{ ExitCode() int }

// fail says what went wrong, each fault on a line, and returns the exit code.
func (s *session) fail(cmd *cobra.Command, err error) int {
	var child exitError
	if errors.As(err, &child) && s.started {
		return child.ExitCode()
	}
	if errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, resolve.ErrUnavailable) && !errors.Is(err, resolve.ErrBusy) { // those say more
		err = resolve.WithHint(fmt.Errorf("gave up after %s", s.settings.timeout), "give it longer: --timeout 2m")
	}
	var usage usageError
	isUsage := errors.As(err, &usage)
	s.messages.set(s.settings.logLevel, s.settings.logFormat) // usage errors come before settle
	s.messages.fail(resolve.Faults(err), hint(cmd, err, isUsage))
	switch {
	case errors.Is(err, inject.ErrNotFound):
		return exitNotFound
	case errors.Is(err, inject.ErrNotExecutable):
		return exitNotExecutable
	case cmd.Name() == "run", !cmd.HasParent() && slices.Contains(s.args, "run"):
		return exitSquire
	case isUsage:
		return exitUsage
	}
	return exitFailure
}

// hint is what to type next: what the error says itself, else what follows
// from its kind.
func hint(cmd *cobra.Command, err error, isUsage bool) string {
	var absent *resolve.NotFoundError
	var lacks *resolve.MissingKeysError
	var syntax *dotenv.SyntaxError
	switch h := resolve.Hint(err); {
	case h != "":
		return h
	case isUsage:
		return cmd.CommandPath() + " --help"
	case errors.As(err, &syntax) && cmd.Name() == "run":
		return "mend these lines, or skip them with --dotenv-lenient"
	case errors.As(err, &lacks) && cmd.Name() == "get":
		return fmt.Sprintf("squire secret get %s/%s", lacks.Environment, lacks.Name)
	case errors.As(err, &lacks):
		return fmt.Sprintf("squire secret update %s/%s %s=-", lacks.Environment, lacks.Name, strings.Join(lacks.Keys, "=VALUE "))
	case errors.As(err, &absent) && cmd.Name() == "run" && absent.Environment == resolve.DefaultEnvironment:
		return fmt.Sprintf("squire secret create %s/%s KEY=-", absent.Environment, absent.Name)
	case errors.As(err, &absent):
		return "squire -E " + absent.Environment + " secret list"
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
	return resolve.WithHint(fmt.Errorf("internal error: %T at %s", r, where), "this is a fault of squire: report this line and what squire version prints")
}

// plainWord says whether a mistyped argument may be echoed: it could have been
// a value.
func plainWord(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 30
}

// flagError says what is wrong with a flag, in words of our own: pflag's hold
// what was typed.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var needs *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		switch {
		case unknown.GetSpecifiedShortnames() != "":
			return hintRun(cmd, usagef("unknown flag -%s", name))
		case plainWord(name):
			return hintRun(cmd, usagef("unknown flag --%s", name))
		}
		return usagef("unknown flag")
	case errors.As(err, &needs):
		return usagef("--%s needs a value", needs.GetFlag().Name)
	case errors.As(err, &invalid):
		return usageError{badValue("--"+invalid.GetFlag().Name, invalid.GetFlag(), errors.Unwrap(invalid))}
	}
	return usagef("bad flag syntax")
}

// hintRun is for who forgot the word run, as users of env(1) do.
func hintRun(cmd *cobra.Command, err error) error {
	if cmd.HasParent() {
		return err
	}
	return resolve.WithHint(err, "squire run [flags] -- COMMAND [ARG...]")
}

// badValue says what a flag or its variable wants. The cause is told only
// where it is ours: strconv's and time's hold the input.
func badValue(where string, f *pflag.Flag, cause error) error {
	switch f.Value.Type() {
	case "bool":
		return fmt.Errorf("%s: want true or false", where)
	case "int":
		return fmt.Errorf("%s: want a whole number", where)
	case "duration":
		return fmt.Errorf("%s: want a duration such as 30s or 2m", where)
	case "string":
		return fmt.Errorf("%s: want text", where)
	}
	var all []error
	for _, fault := range resolve.Faults(cause) {
		all = append(all, fmt.Errorf("%s: %w", where, fault))
	}
	return errors.Join(all...)
}

func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.ArgsLenAtDash() == 0 {
		return hintRun(cmd, usagef("%s needs a command", cmd.CommandPath()))
	}
	if !plainWord(args[0]) {
		return hintRun(cmd, usagef("%s: unknown command", cmd.CommandPath()))
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
