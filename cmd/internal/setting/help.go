package setting

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ShowVariables makes the help of every command name the variable of each flag.
func ShowVariables(root *cobra.Command, prefix string) {
	show := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		named := map[*pflag.Flag]bool{} // a flag may be in both sets
		for _, flags := range []*pflag.FlagSet{cmd.LocalFlags(), cmd.InheritedFlags()} {
			flags.VisitAll(func(f *pflag.Flag) {
				if name := Variable(prefix, f); name != "" && !named[f] {
					f.Usage += fmt.Sprintf(" ($%s)", name)
				}
				named[f] = true
			})
		}
		show(cmd, args)
	})
}
