package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
)

func (s *session) verifyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify-audit",
		Short: "Check that nothing is missing from the audit trail, nor changed",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withKeeper(cmd.Context(), func(k keeper) error {
				check, err := k.VerifyAudit(cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return cli.PrintJSON(s.stdout, check)
				}
				_, err = fmt.Fprintf(s.stdout, "the audit trail is complete: %s in %s\n", cli.Count(check.Lines, "access", "accesses"), cli.Count(check.Seq, "record", "records"))
				return err
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
