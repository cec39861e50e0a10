// Package settingtest holds what every flag of both binaries must keep. It makes
// no promise of compatibility.
package settingtest

import (
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/setting"
)

// NoEmptyText tries each flag of a command and of those below it, at least as many
// as given: --config= is likely a shell variable that is not set, and must not mean
// the default.
func NoEmptyText(t *testing.T, root *cobra.Command, least int) {
	t.Helper()
	seen := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		_ = cmd.InheritedFlags() // adds them to Flags
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			seen++
			fresh := *f
			fresh.Changed = false
			only := pflag.NewFlagSet("", pflag.ContinueOnError)
			only.AddFlag(&fresh)
			if err := only.Set(f.Name, ""); err == nil && setting.CheckTexts(only) == nil {
				t.Errorf("%s --%s= is accepted", cmd.CommandPath(), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
	if seen < least {
		t.Errorf("only %d flags were tried", seen)
	}
}
