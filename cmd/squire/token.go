package main

import (
	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
)

func (s *session) tokenCommand() *cobra.Command {
	return cli.Group("token", "Create, list and revoke the tokens that a server lets in",
		s.tokenCreateCommand(), s.tokenListCommand(), s.tokenRevokeCommand())
}
