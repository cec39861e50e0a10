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

func infoCommand(a *app.App) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info NAME",
		Short: "Describe a secret without its values",
		Args:  cli.ExactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withSecret(cmd.Context(), a, args[0], func(ctx context.Context, service api.Service, secret api.SecretRequest) error {
				info, err := service.SecretInfo(ctx, secret)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(info)
				}
				return a.Fields([][]string{
					{"Name", info.Name},
					{"Environment", info.Environment},
					{"Version", fmt.Sprint(info.Version)},
					{"Keys", strings.Join(info.Keys, ", ")},
					{"Created at", cli.Time(info.CreatedAt.Time)},
					{"Created by", info.CreatedBy},
					{"Last used at", timeOrNever(info.LastUsedAt)},
				})
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
