package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func (s *session) environmentCommand() *cobra.Command {
	var createJSON, listJSON, yes, allowMissing bool
	create := &cobra.Command{
		Use:   "create NAME",
		Short: "Create an environment",
		Args:  environmentArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				made, err := service.CreateEnvironment(ctx, args[0])
				if err != nil {
					return err
				}
				if createJSON {
					return cli.PrintJSON(s.stdout, made)
				}
				_, err = fmt.Fprintln(s.stdout, made.Name)
				return err
			})
		},
	}
	cli.JSONFlag(create, &createJSON)
	list := &cobra.Command{
		Use:   "list",
		Short: "List the environments, newest first",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				all, err := service.ListEnvironments(ctx)
				if err != nil {
					return err
				}
				if listJSON {
					return cli.PrintJSON(s.stdout, all)
				}
				rows := [][]string{{"NAME", "SECRETS", "CREATED AT", "CREATED BY"}}
				for _, e := range all {
					created := "from the start"
					if e.CreatedAt != nil {
						created = e.CreatedAt.String()
					}
					rows = append(rows, []string{e.Name, fmt.Sprint(e.Secrets), created, e.CreatedBy})
				}
				return cli.PrintTable(s.stdout, rows)
			})
		},
	}
	cli.JSONFlag(list, &listJSON)
	remove := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete an environment and every secret in it, for good",
		Args:  environmentArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.confirm(fmt.Sprintf("Delete environment %s and every secret in it?", args[0]), yes); err != nil {
				return err
			}
			return s.withService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				err := service.DeleteEnvironment(ctx, api.DeleteRequest{Environment: args[0], AllowMissing: allowMissing})
				if err == nil {
					_, err = fmt.Fprintf(s.stdout, "%s is deleted\n", args[0])
				}
				return err
			})
		},
	}
	remove.Flags().BoolVar(&yes, "yes", false, "do not ask")
	remove.Flags().BoolVar(&allowMissing, "allow-missing", false, "an absent environment is no error")
	return cli.Group("environment", "Create, list and delete environments, each with secrets of its own",
		create, list, remove)
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
