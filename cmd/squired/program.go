package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
)

// session is one call of run: what every command shares.
type session struct {
	environ  map[string]string
	given    setting.Variables
	settings settings
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
	messages *cli.Messages
}

// run is squired as a function; it returns the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &session{environ: cli.ByName(environ, ""), given: setting.Read(variablePrefix, environ), stdin: stdin, stdout: stdout, stderr: stderr, messages: cli.NewMessages("squired", stderr)}
	s.messages.Rename(ours())
	root := s.rootCommand()
	root.SetOut(stdout)
	root.SetErr(stderr)
	call := cli.Program{Root: root, Messages: s.messages, Explain: explain}
	return call.Run(ctx, args)
}

func (s *session) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "squired",
		Short: "Serve named secrets, and look after their store",
		Long: "squired looks after a store of named secrets: an embedded one, one that it serves,\n" +
			"or one in PostgreSQL. For the store of a running server, use --server.",
		Example: "  squired serve\n" +
			"  squired backup --recipient age1… --out squire.backup\n" +
			"  squired restore --identity key.txt --in squire.backup\n" +
			"  squired rotate-key --server https://secrets.example:7878",
	}
	cli.Root(root, "", func(cmd *cobra.Command) error {
		for _, name := range unknown(s.given, cmd) {
			s.messages.Warnf("unknown variable %s", name)
		}
		return s.settings.settle(s.given, cmd.Flags())
	})
	setting.ShowVariables(root, variablePrefix)
	s.settings.globalFlags(root.PersistentFlags())
	root.AddCommand(s.serveCommand(), s.backupCommand(), s.restoreCommand(), s.copyCommand(), s.rotateCommand(), s.verifyCommand(), cli.VersionCommand())
	return root
}
