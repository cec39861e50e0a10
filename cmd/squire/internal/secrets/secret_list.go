package secrets

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve/api"
)

func listCommand(a *app.App) *cobra.Command {
	var asJSON bool
	var most int
	var before beforeFlag
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the secrets of the environment, newest first",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			limited := cmd.Flags().Changed("max")
			if limited && most < 0 {
				return cli.Usagef("--max: %d is negative", most)
			}
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				r := api.ListRequest{Environment: a.Config.Environment, CreatedBefore: before.at}
				list, err := listAll(ctx, service, r, most, limited)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(list)
				}
				rows := [][]string{{"NAME", "CREATED AT", "CREATED BY", "LAST USED AT"}}
				for _, l := range list {
					rows = append(rows, []string{l.Name, cli.Time(l.CreatedAt.Time), l.CreatedBy, timeOrNever(l.LastUsedAt)})
				}
				return a.Table(rows)
			})
		},
	}
	cmd.Flags().IntVar(&most, "max", 0, "at most this many; 0 lists none (default all)")
	cmd.Flags().Var(&before, "created-before", "only secrets created before this time: RFC 3339, a date (UTC), or an age such as 7d")
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

// listAll reads all pages.
func listAll(ctx context.Context, service api.Service, r api.ListRequest, most int, limited bool) ([]api.Secret, error) {
	all := []api.Secret{}
	for !limited || len(all) < most {
		if limited {
			r.Limit = most - len(all)
		}
		page, err := service.ListSecrets(ctx, r)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Secrets...)
		if page.NextCursor == "" {
			break
		}
		r.Cursor = page.NextCursor
	}
	return all, nil
}
