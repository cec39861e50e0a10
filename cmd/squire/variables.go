package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/setting"
	named "github.com/squire-env/squire/resolve/provider/squire"
)

const variablePrefix = named.Prefix

// readVariables sets those flags that were not typed from their variables, and
// reads the others.
func (s *settings) readVariables(environ []string, cmd *cobra.Command) error {
	given, flags := setting.Read(variablePrefix, environ), cmd.Flags()
	known := s.isVariable
	if cmd.Name() == "run" {
		known = nil // before a child starts, each that looks misspelt is refused
	}
	if err := given.Misspelt(flags, known); err != nil {
		return err
	}
	s.added = given.Added(flags)
	return errors.Join(given.Decode(&s.variables), given.Fill(flags))
}

// isVariable reports whether some command of squire has a variable of this name.
func (s *settings) isVariable(name string) bool {
	return setting.Find(s.commands(), func(f *pflag.Flag) bool { return setting.Variable(variablePrefix, f) == name }) != nil
}
