package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/resolve/api"
)

func (s *session) infoCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info NAME",
		Short: "Describe a secret without its values",
		Args:  exactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withSecret(cmd.Context(), args[0], func(ctx context.Context, service api.Service, secret api.SecretRequest) error {
				info, err := service.SecretInfo(ctx, secret)
				if err != nil {
					return err
				}
				if asJSON {
					return s.printJSON(info)
				}
				return s.printTable([][]string{
					{"Name", info.Name},
					{"Environment", info.Environment},
					{"Version", fmt.Sprint(info.Version)},
					{"Keys", strings.Join(info.Keys, ", ")},
					{"Created at", info.CreatedAt.String()},
					{"Created by", info.CreatedBy},
					{"Last used at", timeOrNever(info.LastUsedAt)},
				})
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
