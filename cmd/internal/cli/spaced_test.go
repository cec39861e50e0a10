package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/resolve"
)

// spacedCall is what CheckSpaced and HintSpaced say of a command line.
func spacedCall(t *testing.T, line string) (fault, hint, notFound string) {
	t.Helper()
	typed := strings.Fields(line)
	cmd := &cobra.Command{Use: "tool", SilenceErrors: true, SilenceUsage: true, RunE: func(cmd *cobra.Command, args []string) error {
		notFound = resolve.Hint(HintSpaced(cmd, typed, args, errors.New("not found")))
		return CheckSpaced(cmd, typed, args)
	}}
	f := cmd.Flags()
	f.SetInterspersed(false)
	f.SortFlags = false
	f.Bool("watch", false, "")
	f.StringP("name", "n", "", "")
	f.String("keep", "", "")
	f.Lookup("keep").NoOptDefVal = "all"
	cmd.SetArgs(typed)
	if err := cmd.Execute(); err != nil {
		fault, hint = err.Error(), resolve.Hint(err)
	}
	return fault, hint, notFound
}

func TestCheckSpaced(t *testing.T) {
	for line, want := range map[string]string{
		"--watch true -- env":         "--watch=true",
		"--watch false env":           "--watch=false",
		"--watch -n x false env":      "--watch=false",
		"--watch 1 -- env":            "--watch=true",
		"--watch Off -- env":          "--watch=false",
		"--watch yes env":             "", // a command
		"--watch true":                "",
		"--watch -- true env":         "",
		"--watch=true -- true env":    "",
		"-n x true env":               "",
		"-n x true -- env":            "",
		"--watch env -- x":            "", // of env(1)
		"--watch env x -- y":          "",
		"--keep true -- env":          "--keep=true",
		"--keep sub -- env":           "--keep=sub",
		"--keep A,B/c.d_e -- env":     "--keep=A,B/c.d_e",
		"--keep p:hunter2 -- env":     "--keep=VALUE",
		"--keep --watch sub -- env":   "",
		"--keep -n x sub -- env":      "",
		"--keep=sub -- env":           "",
		"--keep env x":                "",
		"--keep env x -- y":           "",
		"--keep -- sub -- env":        "",
		"--keep --watch true -- true": "--watch=true",
	} {
		fault, hint, _ := spacedCall(t, line)
		name, _, _ := strings.Cut(want, "=")
		if want != "" && (fault != name+" takes a value with = only" || hint != want+" -- COMMAND [ARG...]") || want == "" && fault != "" {
			t.Errorf("%s: %q, %q, want %q", line, fault, hint, want)
		}
	}
}

func TestHintSpaced(t *testing.T) {
	for line, want := range map[string]string{
		"--keep sub env":   "--keep=sub",
		"--keep sub":       "--keep=sub",
		"--watch 1 env":    "--watch=true",
		"--watch nope env": "",
		"--keep -- sub":    "",
		"nope":             "",
	} {
		if _, _, hint := spacedCall(t, line); strings.TrimSuffix(hint, " -- COMMAND [ARG...]") != want {
			t.Errorf("%s: %q, want %q", line, hint, want)
		}
	}
}
