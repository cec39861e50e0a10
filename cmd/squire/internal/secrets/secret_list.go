package secrets

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func listCommand(a *app.App) *cobra.Command {
	var asJSON, everywhere bool
	var most int
	var before beforeFlag
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the secrets of the environment, newest first",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("max") {
				if most < 0 {
					return cli.Usagef("--max: %d is negative", most)
				}
			} else {
				most = math.MaxInt
			}
			if everywhere && a.Config.EnvironmentTyped {
				return cli.Usagef("--all-environments and -E cannot be combined")
			}
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				r := api.ListRequest{Environment: a.Config.Environment, CreatedBefore: before.at}
				list, err := listEnvironments(ctx, service, r, most, everywhere)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(list)
				}
				where, kind := "in environment "+a.Config.Environment, ""
				if everywhere {
					where = "in any environment"
				}
				if len(list) == 0 {
					if most == 0 || !before.at.IsZero() {
						kind = "such "
					}
					return a.Printf("no %ssecrets %s\n", kind, where)
				}
				rows := [][]string{{"NAME", "CREATED AT", "CREATED BY", "LAST USED AT"}}
				for _, l := range list {
					rows = append(rows, []string{l.Name, cli.Time(l.CreatedAt.Time), l.CreatedBy, timeOrNever(l.LastUsedAt)})
				}
				if everywhere {
					rows[0] = slices.Insert(rows[0], 0, "ENVIRONMENT")
					for i, l := range list {
						rows[i+1] = slices.Insert(rows[i+1], 0, l.Environment)
					}
				} else if err := a.Printf("environment %s\n", a.Config.Environment); err != nil {
					return err
				}
				return a.Table(rows)
			})
		},
	}
	cmd.Flags().BoolVarP(&everywhere, "all-environments", "A", false, "list the secrets of all environments")
	cmd.Flags().IntVar(&most, "max", 0, "at most this many; 0 lists none (default all)")
	cmd.Flags().Var(&before, "created-before", "only secrets created before this time: RFC 3339, a date (UTC), or an age such as 7d")
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

// listEnvironments lists one environment, or all that there are.
func listEnvironments(ctx context.Context, service api.Service, r api.ListRequest, most int, everywhere bool) ([]api.Secret, error) {
	if !everywhere {
		return listAll(ctx, service, r, most)
	}
	environments, err := service.ListEnvironments(ctx)
	if err != nil {
		return nil, err
	}
	all := []api.Secret{}
	for _, e := range environments {
		r.Environment = e.Name
		list, err := listAll(ctx, service, r, most)
		if err != nil && !errors.Is(err, resolve.ErrNotFound) { // it was deleted meanwhile
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(x, y api.Secret) int { return y.CreatedAt.Compare(x.CreatedAt.Time) })
	return all[:min(len(all), most)], nil
}

// listAll reads all pages.
func listAll(ctx context.Context, service api.Service, r api.ListRequest, most int) ([]api.Secret, error) {
	all := []api.Secret{}
	for len(all) < most {
		if most < math.MaxInt {
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
