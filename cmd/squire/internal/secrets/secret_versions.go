package secrets

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve/api"
)

func versionsCommand(a *app.App) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "versions NAME",
		Short: "List the versions of a secret, newest first",
		Args:  cli.ExactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withSecret(cmd.Context(), a, args[0], func(ctx context.Context, service api.Service, secret api.SecretRequest) error {
				versions, err := service.SecretVersions(ctx, secret)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(versions)
				}
				rows := [][]string{{"VERSION", "CREATED AT", "CREATED BY", "KEYS"}}
				for _, v := range versions {
					rows = append(rows, []string{fmt.Sprint(v.Version), cli.Time(v.CreatedAt.Time), v.CreatedBy, strings.Join(v.Keys, ", ")})
				}
				return a.Table(rows)
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
