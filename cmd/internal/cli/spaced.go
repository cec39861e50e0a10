package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/resolve"
)

// CheckSpaced is for a command whose arguments begin with another command. A
// boolean flag takes its value with = only: in "--flag true -- COMMAND" the word
// true would be the command.
func CheckSpaced(cmd *cobra.Command, args []string) error {
	if len(args) < 2 || cmd.ArgsLenAtDash() >= 0 || args[0] != "true" && args[0] != "false" {
		return nil
	}
	var last *pflag.Flag
	cmd.Flags().Visit(func(f *pflag.Flag) { // in the order typed, if they are not sorted
		if f.Value.Type() == "bool" {
			last = f
		}
	})
	if last == nil {
		return nil
	}
	return resolve.WithHint(Usagef("--%s takes a value with = only", last.Name), "--%s=%s -- COMMAND [ARG...]", last.Name, args[0])
}
