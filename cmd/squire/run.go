package main

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
)

// runFlags are the flags of run.
type runFlags struct {
	sources []plan.Source
	dotenv  plan.DotenvOptions
	search  string // the file name that --dotenv searches for
	merge   inject.Options
	parent  superviseFlags
}

func (s *session) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARG...]",
		Short: "Become COMMAND, with the secrets in its environment",
		Long: "run resolves its sources in the order given, a later one wins, all over the inherited\n" +
			"environment, and becomes COMMAND. Where anything is missing, COMMAND does not start.\n\n" +
			"With --supervise, --watch, --restart, --mask or --status-listen it stays as COMMAND's\n" +
			"parent, and ends with its exit code.",
		Example: "  squire run -s db:PGUSER,PGPASSWORD -f .env -e LOG_LEVEL=debug -- ./server --port 80\n" +
			"  squire run --watch -s db -- ./server        # starts again when a value changes",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return resolve.WithHint(cli.Usagef("no command to run"), "squire run [flags] -- COMMAND [ARG...]")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.runRun(cmd.Context(), cmd, &f, args) },
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // the first word that is no flag begins the command
	flags.SortFlags = false
	flags.VarP(sourceFlag{&f.sources, "NAME[:KEY,...]", from("--secret", secretSource)}, "secret", "s", "a named secret, with required keys; also ENVIRONMENT/NAME[:KEY,...]")
	flags.VarP(sourceFlag{&f.sources, "KEY=VALUE|KEY", nthEnv()}, "env", "e", "a literal, or a variable copied from the local environment")
	flags.VarP(sourceFlag{&f.sources, "PATH", from("--env-file", fileSource)}, "env-file", "f", "this .env file")
	flags.Var(sourceFlag{&f.sources, "PATH", from("--dotenv", searchSource)}, "dotenv", "search upward for a .env file, from here or with --dotenv=PATH from there")
	flags.Lookup("dotenv").NoOptDefVal = "."
	flags.Var(cli.OneOf(&f.dotenv.Format, dotenv.Dotenv, dotenv.Docker), "env-file-format", "dialect of all .env files: dotenv or docker")
	flags.StringVar(&f.search, "dotenv-name", ".env", "file name that --dotenv searches for")
	flags.BoolVar(&f.dotenv.Lenient, "dotenv-lenient", false, "skip bad lines of .env files, with a warning each")
	flags.Var(cli.Words(&f.merge.Require), "require", "a variable that the result must have, wherever it comes from")
	flags.Var(preserveFlag{&f.merge}, "preserve-env", "let inherited variables win: all, or with --preserve-env=A,B these")
	flags.Lookup("preserve-env").NoOptDefVal = "true"
	flags.BoolVar(&f.merge.Clean, "clean", false, "inherit nothing")
	flags.Var(cli.OneOf(&f.merge.OnConflict, inject.Override, inject.Fail, inject.Keep), "on-conflict", "a name in two sources: override, error or keep")
	flags.Var(cli.Words(&f.merge.AllowNames), "allow-name", "let named secrets set this variable, although it steers a loader or an interpreter")
	setting.List(flags, "secret", "SECRETS")
	setting.List(flags, "env-file", "ENV_FILES")
	setting.Annotate(flags, []string{"secret", "env-file", "dotenv"}, setting.Adds, setting.Guarded)
	setting.Annotate(flags, []string{"env"}, setting.Adds)
	setting.Annotate(flags, []string{"env-file-format", "dotenv-name", "dotenv-lenient", "clean"}, setting.InFile)
	setting.Annotate(flags, []string{"require", "preserve-env", "on-conflict", "allow-name"}, setting.InFile, setting.Guarded)
	f.parent.flags(flags)
	return cmd
}

func from(flag string, parse func(text, from string) (plan.Source, error)) func(string) (plan.Source, error) {
	return func(text string) (plan.Source, error) { return parse(text, flag) }
}

func nthEnv() func(string) (plan.Source, error) {
	n := 0
	return func(text string) (plan.Source, error) { n++; return envSource(text, n) }
}

// plan is what run was asked for: the sources of squire.yaml, of the variables and
// of the flags, in this order.
func (s *session) makePlan(f *runFlags) (plan.Plan, error) {
	named, err := variableSources(s.settings.added)
	if err != nil {
		return plan.Plan{}, err
	}
	p := plan.Plan{Dotenv: f.dotenv, Merge: f.merge, Files: []string{s.settings.configPath()}}
	if s.settings.file != nil {
		p.Sources = append(p.Sources, s.settings.file.sources...)
	}
	p.Sources = append(append(p.Sources, named...), f.sources...)
	for i := range p.Sources {
		if p.Sources[i].Search == searchedLater {
			p.Sources[i].Search = f.search
		}
	}
	return p, nil
}

// runRun is the way of the data: one plan, one result, and then either exec or a
// parent.
func (s *session) runRun(ctx context.Context, cmd *cobra.Command, f *runFlags, argv []string) error {
	if err := f.parent.check(cmd.Flags().Changed); err != nil {
		return err
	}
	p, err := s.makePlan(f)
	if err != nil {
		return err
	}
	if s.again != nil { // a refresh ends with the plan
		if !reflect.DeepEqual(f.parent, s.parent) {
			s.warn("squire.yaml says otherwise now how to be the command's parent: that counts from the next start of squire")
		}
		*s.again = p
		return nil
	}
	if why := f.parent.why(); why != "" {
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

// preserveFlag is --preserve-env[=A,B].
type preserveFlag struct{ merge *inject.Options }

func (p preserveFlag) String() string { return "" }
func (p preserveFlag) Type() string   { return "NAME,..." }
func (p preserveFlag) Set(text string) error {
	switch text {
	case "true", "1":
		p.merge.PreserveAll = true
		return nil
	case "false", "0":
		p.merge.PreserveAll, p.merge.Preserve = false, nil
		return nil
	}
	return cli.Words(&p.merge.Preserve).Set(strings.TrimSpace(text))
}
