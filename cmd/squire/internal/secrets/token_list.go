package secrets

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve/api"
)

func tokenListCommand(a *app.App) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List all tokens, newest first; the tokens themselves are not shown",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				all, err := service.ListTokens(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(append([]api.Token{}, all...)) // [] if there are none
				}
				if len(all) == 0 {
					return a.Printf("no tokens\n")
				}
				rows := [][]string{{"ID", "NAME", "ROLE", "ENVIRONMENTS", "NAMES", "EXPIRES AT", "CREATED AT", "CREATED BY"}}
				for _, t := range all {
					rows = append(rows, []string{t.ID, t.Name, string(t.Role), strings.Join(t.Environments, ","), strings.Join(t.Names, ","),
						timeOrNever(t.ExpiresAt), cli.Time(t.CreatedAt.Time), t.CreatedBy})
				}
				return a.Table(rows)
			})
		},
	}
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
