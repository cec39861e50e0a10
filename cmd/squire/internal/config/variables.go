package config

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve/provider/squire"
)

func (c *Config) readVariables(environ []string) error {
	given := setting.Read(squire.Prefix, environ)
	known := c.isVariable
	if hasSources(c.flags) {
		known = nil // before a child starts, each that looks misspelt is refused
	}
	if err := given.Misspelt(c.flags, &squire.Variables{}, known); err != nil {
		return err
	}
	var err error
	c.variables, err = variableSources(given, c.flags)
	return errors.Join(given.Decode(&c.Squire.Variables), given.Fill(c.flags), err)
}

// allCommands are made once, and only if they are needed.
func (c *Config) allCommands() *cobra.Command {
	if c.commands == nil {
		c.commands = c.Commands()
	}
	return c.commands
}

// isVariable reports whether some command of squire has a variable of this name.
func (c *Config) isVariable(name string) bool {
	return setting.Find(c.allCommands(), func(f *pflag.Flag) bool { return setting.Variable(squire.Prefix, f) == name }) != nil
}

// variableSources are the sources by variables: .env files before secrets, and
// what is copied from the local environment last.
func variableSources(given setting.Variables, f *pflag.FlagSet) (all []plan.Source, err error) {
	if given.None() || !hasSources(f) {
		return nil, nil
	}
	var errs []error
	for _, name := range [...]string{"dotenv", "env-file", "env-file-if-exists", "secret", "secret-if-exists", "env"} {
		flag := f.Lookup(name)
		from := setting.Variable(squire.Prefix, flag)
		texts, err := variableTexts(name, given.Of(flag))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", from, err))
		}
		for _, text := range texts {
			s, err := flag.Value.(*sourceFlag).parse(text, from)
			if err == nil && s.Kind == plan.Dict { // of --env: a variable of variables has no values
				_, err = copySource([]string{text}, from)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", from, err))
				continue
			}
			all = append(all, s)
		}
	}
	return all, errors.Join(errs...)
}

// variableTexts are the sources in a variable: several, but for SQUIRE_DOTENV,
// which is a boolean or a path.
func variableTexts(flag, text string) ([]string, error) {
	if flag != "dotenv" {
		return setting.Split(text)
	}
	switch text {
	case "", "0", "false":
		return nil, nil
	case "1", "true":
		return []string{"."}, nil
	}
	return []string{text}, nil
}
