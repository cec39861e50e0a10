package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestCheckSpaced(t *testing.T) {
	for line, want := range map[string]string{
		"--watch true -- env":      "--watch takes a value with = only",
		"--watch false env":        "--watch takes a value with = only",
		"--watch -n x false env":   "--watch takes a value with = only",
		"--keep true -- env":       "",
		"--watch true":             "",
		"--watch -- true env":      "",
		"--watch=true -- true env": "",
		"-n x true env":            "",
		"-n x true -- env":         "",
		"--watch env -- x":         "",
		"--watch env x -- y":       "",
	} {
		cmd := &cobra.Command{Use: "tool", SilenceErrors: true, SilenceUsage: true, RunE: func(*cobra.Command, []string) error { return nil }, Args: CheckSpaced}
		f := cmd.Flags()
		f.SetInterspersed(false)
		f.SortFlags = false
		f.Bool("watch", false, "")
		f.StringP("name", "n", "", "")
		f.String("keep", "", "")
		f.Lookup("keep").NoOptDefVal = "all"
		cmd.SetArgs(strings.Fields(line))
		got := ""
		if err := cmd.Execute(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
