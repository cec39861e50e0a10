package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve"
)

func (s *session) runCommand() *cobra.Command {
	var f superviseFlags
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
			if len(args) == 0 {
				return resolve.WithHint(cli.Usagef("no command to run"), "squire run [flags] -- COMMAND [ARG...]")
			}
			return cli.CheckSpaced(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.runRun(cmd.Context(), cmd, &f, args) },
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // the first word that is no flag begins the command
	flags.SortFlags = false
	s.app.Config.SourceFlags(flags)
	f.flags(flags)
	return cmd
}

// runRun is the way of the data: one plan, one result, and then either exec or a
// parent.
func (s *session) runRun(ctx context.Context, cmd *cobra.Command, f *superviseFlags, argv []string) error {
	if err := f.check(cmd.Flags().Changed); err != nil {
		return err
	}
	p := s.app.Config.Plan()
	if why := f.why(); why != "" {
		return s.supervise(ctx, f, p, argv, why)
	}
	client, closer, err := s.app.Client()
	if err != nil {
		return err
	}
	c, err := s.prepare(ctx, s.resolver(client), p, argv)
	if e := closer.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	err = s.exec(c.path, argv, c.result.Environment.Environ())
	var child interface{ ExitCode() int }
	if errors.As(err, &child) { // where no process can become another
		return cli.Exit(child.ExitCode())
	}
	return err
}
