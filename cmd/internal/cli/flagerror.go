package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/typo"
)

// PlainWord reports whether a mistyped word may be repeated in a message: it
// cannot be a value.
func PlainWord(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 30
}

// flagError says what is wrong with a flag. The texts of pflag repeat what was
// typed.
func flagError(cmd *cobra.Command, err error, usual string) error {
	var unknown *pflag.NotExistError
	var needs *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name, letters := unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()
		switch {
		case letters != "": // one - too few, perhaps
			return hintMeant(cmd, Usagef("unknown flag -%s", name), func(f string) bool { return f == letters }, usual)
		case PlainWord(name):
			err = Usagef("unknown flag --%s", name)
		default:
			err = Usagef("unknown flag")
		}
		return hintMeant(cmd, err, func(f string) bool { return typo.Means(f, name) }, usual)
	case errors.As(err, &needs):
		return Usagef("--%s needs a value", needs.GetFlag().Name)
	case errors.As(err, &invalid):
		return Usage(BadValue("--"+invalid.GetFlag().Name, err))
	}
	return Usagef("bad flag syntax")
}

// hintMeant adds the flag that was meant to an error, else the usual call.
func hintMeant(cmd *cobra.Command, err error, meant func(flag string) bool, usual string) error {
	found := ""
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if found == "" && !f.Hidden && meant(f.Name) {
			found = f.Name
		}
	})
	if found == "" {
		return hintUsual(cmd, err, usual)
	}
	return resolve.WithHint(err, "did you mean --%s?", found)
}

var errEmpty = errors.New("empty")

// Empty is the error of a flag that was given an empty text.
func Empty(where string) error {
	return fmt.Errorf("%s is empty; leave it out for the default", where)
}

// BadValue says what a flag wants, and where the value stood that it refused
// with err.
func BadValue(where string, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("%s: not a valid value", where)
	}
	if errors.Is(invalid, errEmpty) {
		return Empty(where)
	}
	switch invalid.GetFlag().Value.Type() {
	case "bool":
		return fmt.Errorf("%s: want true or false", where)
	case "int":
		return fmt.Errorf("%s: want a whole number", where)
	case "duration":
		return fmt.Errorf("%s: want a duration such as 30s or 2m", where)
	case "string", "stringArray", "stringSlice":
		return fmt.Errorf("%s: want text", where)
	}
	var all []error // the cause of our own types does not hold the value
	for _, fault := range resolve.Faults(errors.Unwrap(invalid)) {
		all = append(all, fmt.Errorf("%s: %w", where, fault))
	}
	return errors.Join(all...)
}
