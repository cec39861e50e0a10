package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/resolve/api"
)

func (s *session) auditVerifyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Walk the whole chain of the trail; a broken one is an error that says where",
		Args:  exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				check, err := service.VerifyAudit(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return s.printJSON(check)
				}
				_, err = fmt.Fprintf(s.stdout, "%d accesses in %d records, and the chain holds\n", check.Lines, check.Seq)
				return err
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
