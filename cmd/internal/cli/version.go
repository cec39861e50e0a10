package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker (see the Makefile); without it, the version of
// the module counts.
var version string

// VersionCommand prints the version, with any settings.
func VersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "version",
		Short:             "Print the version",
		Args:              ExactArgs(),
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(cmd *cobra.Command, _ []string) error { return printVersion(cmd, asJSON) },
	}
	JSONFlag(cmd, &asJSON)
	return cmd
}

func printVersion(cmd *cobra.Command, asJSON bool) error {
	v := version
	if v == "" {
		v = "(devel)"
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
			v = info.Main.Version
		}
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if asJSON {
		return PrintJSON(cmd.OutOrStdout(), struct {
			Version  string `json:"version"`
			Go       string `json:"go"`
			Platform string `json:"platform"`
		}{v, runtime.Version(), platform})
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s (%s, %s)\n", cmd.Root().Name(), v, runtime.Version(), platform)
	return err
}
