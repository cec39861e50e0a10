// Package run is squire run: it resolves a plan, and becomes the command, or stays
// as its parent that watches, restarts, masks and shows its state.
//
// Start at Command. It promises that the command starts with its whole
// environment or not at all, and nothing on standard output, which is the
// command's. It makes no promise of compatibility.
package run

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/signals"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
)

// Exec becomes a command: inject.Exec. It returns where it failed, or where no
// process can become another.
type Exec func(path string, argv, environ []string) error

// runner is one call of run.
type runner struct {
	*app.App
	exec  Exec
	flags parentFlags
}

// Codes are the exit codes of run: 125 when squire itself failed, usage included,
// since all others are the command's.
func Codes() cli.Codes {
	return cli.Codes{Failure: 125, Usage: 125, Errors: []cli.ErrorCode{
		{Err: inject.ErrNotFound, Code: 127},
		{Err: inject.ErrNotExecutable, Code: 126},
	}}
}

// Command is squire run.
func Command(a *app.App, exec Exec) *cobra.Command {
	r := &runner{App: a, exec: exec}
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARG...]",
		Short: "Become COMMAND, with the secrets in its environment",
		Long: "run resolves its sources in the order given, a later one wins, all over the inherited\n" +
			"environment, and becomes COMMAND. Where anything is missing, COMMAND does not start.\n\n" +
			"With --supervise, --watch, --restart, --mask or --status-listen it stays as COMMAND's\n" +
			"parent, and ends with its exit code.",
		Example: "  squire run -s db:PGUSER,PGPASSWORD -f .env -e LOG_LEVEL=debug -- ./server --port 80\n" +
			"  squire run --watch -s db -- ./server        # starts again when a value changes",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cli.CheckDashes(cmd, a.Args, args); err != nil {
				return err
			}
			if len(args) == 0 {
				return resolve.WithHint(cli.Usagef("no command to run"), "squire run [flags] -- COMMAND [ARG...]")
			}
			return cli.CheckSpaced(cmd, a.Args, args)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			err := r.run(cmd, argv)
			var syntax *dotenv.SyntaxError
			switch {
			case errors.As(err, &syntax):
				err = resolve.WithHint(err, "correct these lines, or skip them with --dotenv-lenient")
			case errors.Is(err, inject.ErrNotFound):
				err = cli.HintSpaced(cmd, a.Args, argv, err)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // the first word that is no flag begins the command
	flags.SortFlags = false
	a.Config.SourceFlags(flags)
	r.flags.add(flags)
	return cmd
}

// run is the way of the data: one plan, one result, and then either exec or a
// parent.
func (r *runner) run(cmd *cobra.Command, argv []string) error {
	signals.EndByDefault() // while secrets are resolved; a parent does more
	if err := r.flags.check(cmd.Flags().Changed); err != nil {
		return err
	}
	if why := r.flags.why(); why != "" {
		return r.supervise(cmd.Context(), argv, why)
	}
	client, closer, err := r.Client()
	if err != nil {
		return err
	}
	c, err := r.prepare(cmd.Context(), r.resolver(client), r.Config.Plan(), argv)
	if e := closer.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	err = r.exec(c.path, argv, c.result.Environment.Environ())
	var child interface{ ExitCode() int }
	if errors.As(err, &child) { // where no process can become another
		return cli.Exit(child.ExitCode())
	}
	return err
}
