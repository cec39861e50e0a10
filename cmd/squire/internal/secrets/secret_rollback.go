package secrets

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func rollbackCommand(a *app.App) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rollback NAME VERSION",
		Short: "Restore the values of an older version, as a new version",
		Args:  cli.ExactArgs("NAME", "VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			version, err := strconv.Atoi(args[1])
			if err != nil || version < 1 {
				return resolve.WithHint(cli.Usagef("VERSION: want a whole number, 1 or more"), "squire secret versions %s", args[0])
			}
			return withSecret(cmd.Context(), a, args[0], func(ctx context.Context, service api.Service, secret api.SecretRequest) error {
				stored, err := service.RollbackSecret(ctx, api.RollbackRequest{Environment: secret.Environment, Name: secret.Name, Version: version})
				if err != nil {
					return err
				}
				return printStored(a, &stored, asJSON)
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
