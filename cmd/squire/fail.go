package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
)

// exitSquire is what run ends with when squire itself failed, usage included:
// the other codes are the command's.
const exitSquire = 125

// codes are the exit codes of a command.
func (s *session) codes(cmd *cobra.Command) cli.Codes {
	if cmd.Name() != "run" && (cmd.HasParent() || !slices.Contains(s.args, "run")) {
		return cli.DefaultCodes()
	}
	return cli.Codes{Failure: exitSquire, Usage: exitSquire, Errors: []cli.ErrorCode{
		{Err: inject.ErrNotFound, Code: 127},
		{Err: inject.ErrNotExecutable, Code: 126},
	}}
}

// explain says how long was waited, unless an error says more.
func (s *session) explain(_ *cobra.Command, err error) error {
	s.messages.Set(s.app.Config.LogLevel, s.app.Config.LogFormat) // an error may come before all settings are loaded
	if errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, resolve.ErrUnavailable) && !errors.Is(err, resolve.ErrBusy) {
		return resolve.WithHint(fmt.Errorf("gave up after %s", s.app.Config.Timeout), "give it longer: --timeout 2m")
	}
	return err
}

// hint is what to type next, for an error that has no hint of its own.
func hint(cmd *cobra.Command, err error) string {
	var syntax *dotenv.SyntaxError
	if errors.As(err, &syntax) && cmd.Name() == "run" {
		return "correct these lines, or skip them with --dotenv-lenient"
	}
	return ""
}
