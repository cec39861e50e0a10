package main

import (
	"github.com/spf13/cobra"
)

func (s *session) auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who did what, and check that the trail is whole",
		Args:  knownCommand,
		RunE:  needsCommand,
	}
	cmd.AddCommand(s.auditListCommand(), s.auditVerifyCommand())
	return cmd
}
