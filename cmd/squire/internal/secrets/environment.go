package secrets

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func environmentCreateCommand(a *app.App) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create an environment",
		Args:  environmentArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				made, err := service.CreateEnvironment(ctx, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(made)
				}
				_, err = fmt.Fprintln(a.Stdout, made.Name)
				return err
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

func environmentListCommand(a *app.App) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the environments, newest first",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				all, err := service.ListEnvironments(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(all)
				}
				rows := [][]string{{"NAME", "SECRETS", "CREATED AT", "CREATED BY"}}
				for _, e := range all {
					created := "built in"
					if e.CreatedAt != nil {
						created = cli.Time(e.CreatedAt.Time)
					}
					rows = append(rows, []string{e.Name, fmt.Sprint(e.Secrets), created, e.CreatedBy})
				}
				return a.Table(rows)
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

func environmentDeleteCommand(a *app.App) *cobra.Command {
	var yes, allowMissing bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete an environment and all secrets in it, permanently",
		Args:  environmentArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := confirm(a, fmt.Sprintf("Delete environment %s and all secrets in it?", args[0]), yes); err != nil {
				return err
			}
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				return remove(a, args[0], "deleted", allowMissing, func(allowMissing bool) error {
					return service.DeleteEnvironment(ctx, api.DeleteRequest{Environment: args[0], AllowMissing: allowMissing})
				})
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask for confirmation")
	cmd.Flags().BoolVar(&allowMissing, "allow-missing", false, "succeed even if there is no such environment")
	return cmd
}

func environmentArg(cmd *cobra.Command, args []string) error {
	if err := cli.ExactArgs("NAME")(cmd, args); err != nil {
		return err
	}
	if err := resolve.CheckEnvironment(args[0]); err != nil {
		return cli.Usage(err)
	}
	return nil
}
