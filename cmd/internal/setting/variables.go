package setting

import (
	"errors"
	"fmt"
	"slices"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/typo"
)

// Variables are those of a process that begin with a prefix. An empty one counts
// as not set.
type Variables struct {
	prefix string
	texts  map[string]string
}

// Read takes the variables of a program out of an environment.
func Read(prefix string, environ []string) Variables {
	return Variables{prefix, cli.ByName(environ, prefix)}
}

// None reports that there are none.
func (v Variables) None() bool { return len(v.texts) == 0 }

// Of is the text of a flag's variable.
func (v Variables) Of(f *pflag.Flag) string { return v.texts[Variable(v.prefix, f)] }

// Set sets a flag from elsewhere; where says so, as in "squire.yaml:3: watch".
func Set(flags *pflag.FlagSet, name, text, where string) error {
	if err := flags.Set(name, text); err != nil {
		return cli.BadValue(where, err)
	}
	return checkTexts(flags.Lookup(name), where)
}

// Fill sets those flags that were not typed from their variables.
func (v Variables) Fill(flags *pflag.FlagSet) error {
	if len(v.texts) == 0 {
		return nil
	}
	typed := Changed(flags)
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		text := v.Of(f)
		if text == "" || typed[f.Name] || Has(f, Adds) {
			return
		}
		texts := []string{text}
		if Has(f, list) {
			var err error
			if texts, err = Split(text); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", Variable(v.prefix, f), err))
			}
		}
		for _, text := range texts {
			errs = append(errs, Set(flags, f.Name, text, Variable(v.prefix, f)))
		}
	})
	return errors.Join(errs...)
}

// Decode reads the variables that have no flag into a struct with tags of
// caarlos0/env. Its own errors hold what it read.
func (v Variables) Decode(into any) error {
	if len(v.texts) == 0 {
		return nil // as on most laptops; reflection is not free
	}
	if env.ParseWithOptions(into, env.Options{Environment: v.texts, Prefix: v.prefix}) != nil {
		return fmt.Errorf("the %s variables cannot be read", v.prefix)
	}
	return nil
}

// Names are the variables that Decode reads into a struct.
func Names(prefix string, of any) (names []string) {
	fields, _ := env.GetFieldParamsWithOptions(of, env.Options{Prefix: prefix})
	for _, f := range fields {
		names = append(names, f.Key)
	}
	return names
}

// Misspelt refuses a variable that is no flag's and one letter off one of a
// guarded flag, or one of those that Decode reads into a struct: a credential
// under a wrong name would reach the child. Known says whether it is a variable of
// something else; it is asked late, since the answer may take some work. Nil knows
// none.
func (v Variables) Misspelt(flags *pflag.FlagSet, decoded any, known func(name string) bool) error {
	names := v.others(flags)
	if len(names) == 0 {
		return nil
	}
	own := Names(v.prefix, decoded)
	for _, name := range names {
		if slices.Contains(own, name) {
			continue
		}
		var meant string
		for _, variable := range own {
			if typo.Of(variable, name) {
				meant = variable
			}
		}
		flags.VisitAll(func(f *pflag.Flag) {
			if guarded := Variable(v.prefix, f); Has(f, Guarded) && typo.Of(guarded, name) {
				meant = guarded
			}
		})
		if meant != "" && (known == nil || !known(name)) {
			return resolve.WithHint(fmt.Errorf("unknown variable %s", name), "did you mean %s?", meant)
		}
	}
	return nil
}

// Unknown are the variables that are set and that known does not know.
func (v Variables) Unknown(flags *pflag.FlagSet, known func(name string) bool) []string {
	return slices.DeleteFunc(v.others(flags), known)
}

// others are the variables that are set and are none of these flags'.
func (v Variables) others(flags *pflag.FlagSet) (names []string) {
	if len(v.texts) == 0 {
		return nil
	}
	own := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) { own[Variable(v.prefix, f)] = true })
	for name, text := range v.texts {
		if text != "" && !own[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
