package main

import (
	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
)

func (s *session) auditCommand() *cobra.Command {
	return cli.Group("audit", "Show who did what, and check that the trail is whole",
		s.auditListCommand(), s.auditVerifyCommand())
}
