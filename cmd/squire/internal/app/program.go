package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/tty"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider/squire"
)

// Family is a command, with the commands below it.
type Family struct {
	Name    string
	Command func(*App) *cobra.Command
	Codes   func() cli.Codes // its exit codes; nil: cli.DefaultCodes
}

// Call is what squire is called with.
type Call struct {
	Args, Environ  []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Run is squire as a function of its families; it returns the exit code. Where a
// command becomes another process, it does not return at all.
func Run(ctx context.Context, families []Family, c Call) int {
	growStack(false)
	a := &App{Stdin: c.Stdin, Stdout: c.Stdout, Messages: cli.NewMessages("squire", tty.Writer(c.Stderr)), Args: c.Args, Given: c.Environ, Environ: inject.Scrub(c.Environ)}
	root := a.Root(families, c.Args)
	root.SetOut(c.Stdout)
	root.SetErr(c.Stderr)
	program := cli.Program{Root: root, Messages: a.Messages, Explain: a.explain, Codes: func(cmd *cobra.Command) cli.Codes {
		return codes(families, cmd, c.Args)
	}}
	return program.Run(ctx, c.Args)
}

// Root is the first command. Only the family that args name is below it, since
// building commands takes time at each start; where they name none, all are.
func (a *App) Root(families []Family, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "squire",
		Short: "Start a command with its secrets in the environment",
		Long: "squire resolves named secrets, .env files, literals and local variables, in order,\n" +
			"and becomes the command with the combined environment.",
		Example: "  squire secret create db PGUSER=app PGPASSWORD=-\n" +
			"  squire run -s db:PGUSER,PGPASSWORD -f .env -- ./server",
	}
	cli.Root(root, "squire run [flags] -- COMMAND [ARG...]", func(cmd *cobra.Command) error { return a.Load(cmd) })
	setting.ShowVariables(root, squire.Prefix)
	a.SetWarn(a.Messages.Warn)
	a.Config.Commands = func() *cobra.Command {
		return (&App{Messages: a.Messages}).Root(families, nil)
	}
	a.Config.GlobalFlags(root.PersistentFlags())
	i := slices.IndexFunc(families, func(f Family) bool { return len(args) > 0 && f.Name == args[0] && f.Name != "help" })
	called := families // Config.Commands needs them all
	if i >= 0 {
		called = families[i : i+1]
		root.CompletionOptions.DisableDefaultCmd = true
		root.SetHelpCommand(&cobra.Command{Hidden: true})
	}
	for _, f := range called {
		if f.Name == "help" {
			root.SetHelpCommand(f.Command(a))
			continue
		}
		root.AddCommand(f.Command(a))
	}
	return root
}

// codes are the exit codes of the family of a command. For an error of the first
// command, such as an unknown flag, they are those of a family that args name.
func codes(families []Family, cmd *cobra.Command, args []string) cli.Codes {
	for _, f := range families {
		if f.Codes == nil {
			continue
		}
		top := cmd
		for top.HasParent() && top.Parent().HasParent() {
			top = top.Parent()
		}
		if top.Name() == f.Name || !cmd.HasParent() && slices.Contains(args, f.Name) {
			return f.Codes()
		}
	}
	return cli.DefaultCodes()
}

// explain says how long a call took that timed out, unless the error says more.
func (a *App) explain(_ *cobra.Command, err error) error {
	a.Messages.Set(a.Config.LogLevel, a.Config.LogFormat) // an error may come before all settings are loaded
	if errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, resolve.ErrUnavailable) && !errors.Is(err, resolve.ErrBusy) {
		return resolve.WithHint(fmt.Errorf("gave up after %s", a.Config.Timeout), "allow more time: --timeout 2m")
	}
	return err
}
