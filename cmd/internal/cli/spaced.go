package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/resolve"
)

// CheckSpaced is for a command whose arguments begin with another command. A flag
// whose value is optional takes it with = only: in "--flag true -- COMMAND" and
// "--dotenv sub -- COMMAND" the word would be the command. typed are all arguments
// of the program, args those of the command.
func CheckSpaced(cmd *cobra.Command, typed, args []string) error {
	if n := len(typed) - len(args); n > 1 && typed[n-1] == "--" && cmd.ArgsLenAtDash() < 0 { // it was taken as the value of a flag
		flag := "the flag before --"
		if name := strings.TrimLeft(typed[n-2], "-"); PlainWord(name) {
			flag = typed[n-2]
		}
		return Usagef("%s needs a value", flag)
	}
	if len(args) < 2 || cmd.ArgsLenAtDash() >= 0 {
		return nil
	}
	if args[0] == "true" || args[0] == "false" {
		var last *pflag.Flag
		cmd.Flags().Visit(func(f *pflag.Flag) { // in the order typed, if they are not sorted
			if f.Value.Type() == "bool" {
				last = f
			}
		})
		if last != nil {
			return spaced(last, args[0])
		}
	}
	if before := flagBefore(cmd, typed, args); before != nil && args[1] == "--" {
		return spaced(before, args[0])
	}
	return nil
}

// CheckDashes refuses a flag with one - too few: -env-file F is -e with the value
// nv-file, and F the command.
func CheckDashes(cmd *cobra.Command, typed, args []string) error {
	for _, word := range typed[:max(0, len(typed)-len(args))] {
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		if strings.HasPrefix(word, "-") && len(name) > 1 && cmd.Flags().Lookup(name) != nil {
			return resolve.WithHint(Usagef("-%s has one - too few", name), "did you mean --%s?", name)
		}
	}
	return nil
}

// HintSpaced adds a hint to the error of a command that does not exist, if its name
// is likely the value of the flag before it.
func HintSpaced(cmd *cobra.Command, typed, args []string, err error) error {
	before := flagBefore(cmd, typed, args)
	if before == nil || cmd.ArgsLenAtDash() >= 0 {
		return err
	}
	return resolve.WithHint(err, "%s", spacedHint(before, args[0]))
}

// flagBefore is the flag right before args if its value is optional, and the first
// of args can be one.
func flagBefore(cmd *cobra.Command, typed, args []string) *pflag.Flag {
	i := len(typed) - len(args) - 1
	if i < 0 || !strings.HasPrefix(typed[i], "--") {
		return nil
	}
	f := cmd.Flags().Lookup(typed[i][len("--"):])
	if f == nil || f.NoOptDefVal == "" || f.Value.Type() == "bool" && boolean(args[0]) == "" {
		return nil
	}
	return f
}

func spaced(f *pflag.Flag, word string) error {
	return resolve.WithHint(Usagef("--%s takes a value with = only", f.Name), "%s", spacedHint(f, word))
}

func spacedHint(f *pflag.Flag, word string) string {
	if f.Value.Type() == "bool" {
		word = boolean(word)
	}
	unusual := func(r rune) bool { return r != '/' && r != ',' && !resolve.IsUsualName(string(r)) }
	if len(word) > resolve.MaxNameLength || strings.ContainsFunc(word, unusual) {
		word = "VALUE"
	}
	return "--" + f.Name + "=" + word + " -- COMMAND [ARG...]"
}

// boolean is what a word means as the value of a boolean flag; "" is nothing.
func boolean(word string) string {
	word = strings.ToLower(word)
	switch {
	case slices.Contains([]string{"true", "t", "1", "yes", "y", "on"}, word):
		return "true"
	case slices.Contains([]string{"false", "f", "0", "no", "n", "off"}, word):
		return "false"
	}
	return ""
}
