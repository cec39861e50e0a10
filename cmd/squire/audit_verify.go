package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve/api"
)

func (s *session) auditVerifyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Walk the whole chain of the trail; a broken one is an error that says where",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				check, err := service.VerifyAudit(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return cli.PrintJSON(s.stdout, check)
				}
				_, err = fmt.Fprintf(s.stdout, "%d accesses in %d records, and the chain holds\n", check.Lines, check.Seq)
				return err
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
