package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/cmd/squire/internal/help"
	"github.com/squire-env/squire/cmd/squire/internal/secrets"
	"github.com/squire-env/squire/inject"
)

// program is what run needs of the world besides its arguments: fields, so
// that a table test can call run and see what would have been exec'd.
type program struct {
	exec func(path string, argv, environ []string) error
}

// session is one call of run: what every command shares.
type session struct {
	program
	args     []string
	given    []string // the environment as it was given
	stdin    io.Reader
	stdout   io.Writer
	messages *cli.Messages
	app      *app.App // what the commands are given
	repeats  *repeats // nil: everything is said
}

// run is squire as a function; it returns the exit code. Where a command
// becomes another process, it does not return at all.
func (p program) run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &session{program: p, args: args, given: environ, stdin: stdin, stdout: stdout, messages: cli.NewMessages("squire", stderr)}
	root := s.rootCommand(args, environ)
	root.SetOut(stdout)
	root.SetErr(stderr)
	call := cli.Program{Root: root, Messages: s.messages, Codes: s.codes, Explain: s.explain, Hint: hint}
	return call.Run(ctx, args)
}

func (s *session) rootCommand(args, environ []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "squire",
		Short: "Start a command with its secrets in the environment",
		Long: "squire resolves named secrets, .env files, literals and local variables, in order,\n" +
			"and becomes the command with the combined environment.",
		Example: "  squire secret create db PGUSER=app PGPASSWORD=-\n" +
			"  squire run -s db:PGUSER,PGPASSWORD -f .env -- ./server",
	}
	cli.Root(root, "squire run [flags] -- COMMAND [ARG...]", func(cmd *cobra.Command) error {
		return s.app.Load(cmd, environ)
	})
	s.app = &app.App{Stdin: s.stdin, Stdout: s.stdout, Messages: s.messages, Environ: inject.Scrub(environ)}
	s.app.Config.Warn = s.warn
	s.app.Config.Commands = func() *cobra.Command { return (&session{program: s.program}).rootCommand(nil, nil) }
	s.app.Config.GlobalFlags(root.PersistentFlags())
	setting.ShowVariables(root, squire.Prefix)
	all := families()
	switch i := slices.IndexFunc(all, func(f family) bool { return len(args) > 0 && f.name == args[0] }); {
	case i < 0:
		root.SetHelpCommand(help.Command())
	default: // every container starts here: what other commands need is not made
		all = all[i : i+1]
		root.CompletionOptions.DisableDefaultCmd = true
		root.SetHelpCommand(&cobra.Command{Hidden: true})
	}
	for _, f := range all {
		root.AddCommand(f.command(s))
	}
	return root
}

// family is a command, with the commands below it.
type family struct {
	name    string
	command func(*session) *cobra.Command
}

// families are all commands.
func families() []family {
	return []family{
		{"run", (*session).runCommand},
		{"secret", func(s *session) *cobra.Command { return secrets.Secret(s.app) }},
		{"environment", func(s *session) *cobra.Command { return secrets.Environment(s.app) }},
		{"token", func(s *session) *cobra.Command { return secrets.Token(s.app) }},
		{"audit", func(s *session) *cobra.Command { return secrets.Audit(s.app) }},
		{"version", func(*session) *cobra.Command { return cli.VersionCommand() }},
	}
}
