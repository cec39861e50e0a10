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
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
)

// runFlags are the flags of run.
type runFlags struct {
	sources  []source
	files    fileOptions
	options  inject.Options
	preserve preserveFlag
	parent   superviseFlags
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
	flags.VarP(sourceFlag{&f.sources, "NAME[:KEY,...]", secretSource}, "secret", "s", "a named secret, with required keys; also ENVIRONMENT/NAME[:KEY,...]")
	flags.VarP(sourceFlag{&f.sources, "KEY=VALUE|KEY", nthEnv()}, "env", "e", "a literal, or a variable copied from the local environment")
	flags.VarP(sourceFlag{&f.sources, "PATH", fileSource}, "env-file", "f", "this .env file")
	flags.Var(sourceFlag{&f.sources, "PATH", func(start string) (source, error) { return searchSource(start, ""), nil }}, "dotenv", "search upward for a .env file, from here or with --dotenv=PATH from there")
	flags.Lookup("dotenv").NoOptDefVal = "."
	flags.Var(cli.OneOf(&f.files.format, dotenv.Dotenv, dotenv.Docker), "env-file-format", "dialect of all .env files: dotenv or docker")
	flags.StringVar(&f.files.name, "dotenv-name", ".env", "file name that --dotenv searches for")
	flags.BoolVar(&f.files.lenient, "dotenv-lenient", false, "skip bad lines of .env files, with a warning each")
	flags.Var(cli.Words(&f.options.Require), "require", "a variable that the result must have, wherever it comes from")
	flags.Var(&f.preserve, "preserve-env", "let inherited variables win: all, or with --preserve-env=A,B these")
	flags.Lookup("preserve-env").NoOptDefVal = "true"
	flags.BoolVar(&f.options.Clean, "clean", false, "inherit nothing")
	flags.Var(cli.OneOf(&f.options.OnConflict, inject.Override, inject.Fail, inject.Keep), "on-conflict", "a name in two sources: override, error or keep")
	flags.Var(cli.Words(&f.options.AllowNames), "allow-name", "let named secrets set this variable, although it steers a loader or an interpreter")
	setting.List(flags, "secret", "SECRETS")
	setting.List(flags, "env-file", "ENV_FILES")
	setting.Annotate(flags, []string{"secret", "env-file", "dotenv"}, setting.Adds, setting.Guarded)
	setting.Annotate(flags, []string{"env"}, setting.Adds)
	setting.Annotate(flags, []string{"env-file-format", "dotenv-name", "dotenv-lenient", "clean"}, setting.InFile)
	setting.Annotate(flags, []string{"require", "preserve-env", "on-conflict", "allow-name"}, setting.InFile, setting.Guarded)
	f.parent.flags(flags)
	return cmd
}

func nthEnv() func(string) (source, error) {
	n := 0
	return func(text string) (source, error) { n++; return envSource(text, n) }
}

// runRun is the way of the data: sources, layers, one environment, and then
// either exec or a parent.
func (s *session) runRun(ctx context.Context, cmd *cobra.Command, f *runFlags, argv []string) error {
	if err := f.parent.check(cmd.Flags().Changed); err != nil {
		return err
	}
	if s.again != nil { // a refresh ends where the command would start
		if !reflect.DeepEqual(f.parent, s.parent) {
			s.warn("squire.yaml says otherwise now how to be the command's parent: that counts from the next start of squire")
		}
		return s.arm(ctx, f, argv, s.again)
	}
	if why := f.parent.why(); why != "" {
		return s.supervise(ctx, f, argv, why)
	}
	var a armed
	if err := s.arm(ctx, f, argv, &a); err != nil {
		return err
	}
	err := s.exec(a.path, argv, a.environment.Environ())
	var child interface{ ExitCode() int }
	if errors.As(err, &child) { // where no process can become another
		return cli.Exit(child.ExitCode())
	}
	return err
}

// preserveFlag is --preserve-env[=A,B].
type preserveFlag struct {
	all   bool
	names []string
}

func (p *preserveFlag) String() string { return "" }
func (p *preserveFlag) Type() string   { return "NAME,..." }
func (p *preserveFlag) Set(text string) error {
	switch text {
	case "true", "1":
		p.all = true
		return nil
	case "false", "0":
		*p = preserveFlag{}
		return nil
	}
	return cli.Words(&p.names).Set(strings.TrimSpace(text))
}
