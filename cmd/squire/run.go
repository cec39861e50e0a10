package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
	"github.com/squire-env/squire/resolve/provider"
)

// runFlags are the flags of run.
type runFlags struct {
	sources  []source
	files    fileOptions
	options  inject.Options
	preserve preserveFlag
}

func (s *session) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARG...]",
		Short: "Become COMMAND, with the secrets in its environment",
		Long: "run resolves its sources in the order given, a later one wins, all over the inherited\n" +
			"environment, and becomes COMMAND. Where anything is missing, COMMAND does not start.",
		Example: "  squire run -s db:PGUSER,PGPASSWORD -f .env -e LOG_LEVEL=debug -- ./server --port 80",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return resolve.WithHint(usagef("no command to run"), "squire run [flags] -- COMMAND [ARG...]")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.runRun(cmd.Context(), &f, args) },
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // the first word that is no flag begins the command
	flags.SortFlags = false
	flags.VarP(sourceFlag{&f.sources, "NAME[:KEY,...]", secretSource}, "secret", "s", "a named secret, with required keys; also ENVIRONMENT/NAME[:KEY,...]")
	flags.VarP(sourceFlag{&f.sources, "KEY=VALUE|KEY", nthEnv()}, "env", "e", "a literal, or a variable copied from the local environment")
	flags.VarP(sourceFlag{&f.sources, "PATH", fileSource}, "env-file", "f", "this .env file")
	flags.Var(sourceFlag{&f.sources, "PATH", func(start string) (source, error) { return searchSource(start, ""), nil }}, "dotenv", "search upward for a .env file, from here or with --dotenv=PATH from there")
	flags.Lookup("dotenv").NoOptDefVal = "."
	flags.Var(oneOf(&f.files.format, dotenv.Dotenv, dotenv.Docker), "env-file-format", "dialect of all .env files: dotenv or docker")
	flags.StringVar(&f.files.name, "dotenv-name", ".env", "file name that --dotenv searches for")
	flags.BoolVar(&f.files.lenient, "dotenv-lenient", false, "skip bad lines of .env files, with a warning each")
	flags.Var(words{&f.options.Require}, "require", "a variable that the result must have, wherever it comes from")
	flags.Var(&f.preserve, "preserve-env", "let inherited variables win: all, or with --preserve-env=A,B these")
	flags.Lookup("preserve-env").NoOptDefVal = "true"
	flags.BoolVar(&f.options.Clean, "clean", false, "inherit nothing")
	flags.Var(oneOf(&f.options.OnConflict, inject.Override, inject.Fail, inject.Keep), "on-conflict", "a name in two sources: override, error or keep")
	flags.Var(words{&f.options.AllowNames}, "allow-name", "let named secrets set this variable, although it steers a loader or an interpreter")
	return cmd
}

func nthEnv() func(string) (source, error) {
	n := 0
	return func(text string) (source, error) { n++; return envSource(text, n) }
}

// runRun is the way of the data: sources, layers, one environment, exec.
func (s *session) runRun(ctx context.Context, f *runFlags, argv []string) error {
	layers, err := s.resolve(ctx, f)
	if err != nil {
		return err
	}
	f.options.PreserveAll, f.options.Preserve = f.preserve.all, f.preserve.names
	environment, err := inject.Merge(s.environ, layers, f.options)
	if err != nil {
		return err
	}
	path, err := inject.LookPath(argv[0], environment)
	if name, _, assigns := strings.Cut(argv[0], "="); err != nil && assigns && resolve.CheckKey(name) == nil {
		// env(1) takes assignments there; an echo of it would tell the value.
		return resolve.WithHint(fmt.Errorf("the command looks like KEY=VALUE (not shown): %w", inject.ErrNotFound), "squire run -e KEY=VALUE -- COMMAND")
	}
	if err != nil {
		return err
	}
	if err := environment.Check(path, argv); err != nil {
		return err
	}
	s.started = true
	return s.exec(path, argv, environment.Environ())
}

// resolve takes the sources of squire.yaml, of the variables and of the flags,
// in this order, to layers: all or nothing. The store is closed when it
// returns.
func (s *session) resolve(ctx context.Context, f *runFlags) ([]resolve.Layer, error) {
	all, err := s.settings.variables.sources.list()
	if err != nil {
		return nil, err
	}
	if s.settings.file != nil {
		all = append(s.settings.file.sources[:len(s.settings.file.sources):len(s.settings.file.sources)], all...)
	}
	all = append(all, f.sources...)
	skips := skipped{messages: s.messages}
	f.files.skipped = skips.add
	secrets := make([]*resolve.Secret, len(all))
	for i, source := range all {
		secrets[i] = source(&f.files)
	}
	client, closer, err := provider.Open(s.provider())
	if err != nil {
		return nil, err
	}
	layers, err := client.Resolve(ctx, secrets...)
	skips.done()
	for _, l := range layers {
		s.messages.debugf("%s: %d variables", l.Source, len(l.Vars))
	}
	return layers, errors.Join(err, closer.Close())
}

// skipped warns of the bad statements that were skipped: 20, then a count.
type skipped struct {
	messages *messages
	n        int
}

const maxSkipped = 20

func (k *skipped) add(fault error) {
	if k.n++; k.n <= maxSkipped {
		k.messages.notef("%s; skipped", fault)
	}
}

func (k *skipped) done() {
	if k.n > maxSkipped {
		k.messages.notef("and %d more bad statements; skipped", k.n-maxSkipped)
	}
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
	return words{&p.names}.Set(strings.TrimSpace(text))
}
