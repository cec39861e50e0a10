package main

import (
	"github.com/spf13/cobra"
)

func (s *session) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Create, list and revoke the tokens that a server lets in",
		Args:  knownCommand,
		RunE:  needsCommand,
	}
	cmd.AddCommand(s.tokenCreateCommand(), s.tokenListCommand(), s.tokenRevokeCommand())
	return cmd
}
