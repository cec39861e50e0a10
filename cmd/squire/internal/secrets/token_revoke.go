package secrets

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve/api"
)

func tokenRevokeCommand(a *app.App) *cobra.Command {
	var allowMissing bool
	cmd := &cobra.Command{
		Use:   "revoke ID",
		Short: "Revoke a token by its id, with immediate effect",
		Args:  cli.ExactArgs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				return remove(a, args[0], "revoked", allowMissing, func(allowMissing bool) error {
					return service.RevokeToken(ctx, api.RevokeTokenRequest{ID: args[0], AllowMissing: allowMissing})
				})
			})
		},
	}
	cmd.Flags().BoolVar(&allowMissing, "allow-missing", false, "succeed even if there is no such token")
	return cmd
}
