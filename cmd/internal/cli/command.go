package cli

import (
	"github.com/spf13/cobra"

	"github.com/squire-env/squire/resolve"
)

// Root completes the first command of a binary. prepare runs before every
// command. usual is what to type instead of a word or a flag that the binary
// does not know; "" for its help.
func Root(root *cobra.Command, usual string, prepare func(*cobra.Command) error) {
	var version bool
	root.Flags().BoolVar(&version, "version", false, "print the version")
	_ = root.Flags().SetAnnotation("version", cobra.FlagSetByCobraAnnotation, []string{"true"}) // like --help, it has no variable
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Args = func(cmd *cobra.Command, args []string) error {
		if version && len(args) == 0 {
			return nil
		}
		return noCommand(cmd, args, usual)
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, err, usual) })
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if version {
			return nil // works with any settings
		}
		return prepare(cmd)
	}
	root.RunE = func(cmd *cobra.Command, _ []string) error { return printVersion(cmd, false) }
}

// Group is a command that only has commands below it.
func Group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  func(cmd *cobra.Command, args []string) error { return noCommand(cmd, args, "") },
		RunE:  func(*cobra.Command, []string) error { return nil }, // cobra checks Args only if there is one
	}
	cmd.AddCommand(commands...)
	return cmd
}

// ExactArgs is cobra.ExactArgs with an error that names what is missing.
func ExactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error { return checkArgs(cmd, args, names, len(names)) }
}

// LeastArgs is ExactArgs where more arguments may follow.
func LeastArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error { return checkArgs(cmd, args, names, len(args)) }
}

func checkArgs(cmd *cobra.Command, args, names []string, most int) error {
	switch {
	case len(args) < len(names):
		return Usagef("%s: %s is missing", cmd.CommandPath(), names[len(args)])
	case len(args) > most:
		return Usagef("%s: too many arguments", cmd.CommandPath())
	}
	return nil
}

// noCommand is the error of a group that was called itself, since what follows
// it is not a command of it.
func noCommand(cmd *cobra.Command, args []string, usual string) error {
	if len(args) == 0 {
		return Usagef("%s needs a command", cmd.CommandPath())
	}
	if cmd.ArgsLenAtDash() == 0 {
		return hintUsual(cmd, Usagef("%s needs a command", cmd.CommandPath()), usual)
	}
	if !PlainWord(args[0]) {
		return hintUsual(cmd, Usagef("%s: unknown command", cmd.CommandPath()), usual)
	}
	err := Usagef("unknown command %q for %s", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return resolve.WithHint(err, "%s %s", cmd.CommandPath(), near[0])
	}
	return err
}

// hintUsual adds the usual call to an error of the first command.
func hintUsual(cmd *cobra.Command, err error, usual string) error {
	if cmd.HasParent() || usual == "" {
		return err
	}
	return resolve.WithHint(err, "%s", usual)
}
