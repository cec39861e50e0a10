package main

import (
	"context"
	"encoding/json"
	"io"

	"github.com/spf13/cobra"
)

// session is one call of run: what every command shares.
type session struct {
	environ  map[string]string
	settings settings
	stdin    io.Reader
	stdout   io.Writer
	messages messages
}

// run is squired as a function; it returns the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	s := &session{environ: byName(environ), stdin: stdin, stdout: stdout, messages: messages{stderr}}
	root := s.rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd := root
	defer func() {
		if r := recover(); r != nil {
			code = s.fail(cmd, internalError(r))
		}
	}()
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	return s.fail(cmd, err)
}

func (s *session) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "squired",
		Short: "Serve named secrets, and look after their store",
		Long: "squired looks after a store of named secrets: an embedded one, one that it serves,\n" +
			"or one in PostgreSQL. What a running server holds goes through it: --server.",
		Example: "  squired serve\n" +
			"  squired backup --recipient age1… --out squire.backup\n" +
			"  squired restore --identity key.txt --in squire.backup\n" +
			"  squired rotate-key --server https://secrets.example:7878",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          needsCommand,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range unknown(s.environ) {
				s.messages.warn(name + " is no variable of squired, and looks like one")
			}
			return s.settings.settle(s.environ, cmd.Flags())
		},
	}
	root.SetFlagErrorFunc(flagError)
	s.settings.globalFlags(root.PersistentFlags())
	root.AddCommand(s.serveCommand(), s.backupCommand(), s.restoreCommand(), s.copyCommand(), s.rotateCommand(), s.verifyCommand(), s.versionCommand())
	return root
}

func (s *session) printJSON(v any) error {
	e := json.NewEncoder(s.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
