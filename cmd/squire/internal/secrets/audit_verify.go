package secrets

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve/api"
)

func auditVerifyCommand(a *app.App) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the whole audit trail; an error says where it is broken",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				check, err := service.VerifyAudit(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(check)
				}
				err = a.Printf("the audit trail is complete: %s in %s\n", cli.Count(check.Lines, "access", "accesses"), cli.Count(check.Seq, "record", "records"))
				return err
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
