package secrets

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

const valueForms = "KEY=VALUE | KEY=- | KEY=@FILE"

const valueHelp = "KEY=- reads standard input (on a terminal it opens your editor), so that the value is neither\n" +
	"in an argument list nor in the shell's history. KEY=@FILE reads a file."

func createCommand(a *app.App) *cobra.Command {
	var in valueInput
	var existing existing
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "create NAME [" + valueForms + "]...",
		Short:   "Store a new secret",
		Long:    "create stores version 1 of a secret.\n" + valueHelp,
		Example: "  squire secret create db PGUSER=app PGPASSWORD=-\n  squire secret create app --from-dotenv .env",
		Args:    cli.LeastArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := existing.check(); err != nil {
				return err
			}
			secret, err := secretRef(a, args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 && in.empty() {
				return resolve.WithHint(cli.Usagef("no keys to store: give %s", valueForms), "squire secret create %s KEY=-", args[0])
			}
			changes, err := readValues(cmd.Context(), a, in, args[1:])
			if err != nil {
				return err
			}
			r := api.CreateSecretRequest{Environment: secret.Environment, Name: secret.Name, EnvDict: api.EnvDict{}, IfExists: existing.choice()}
			for k, v := range changes {
				r.EnvDict[k] = *v
			}
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				stored, err := create(ctx, service, &r)
				if err != nil {
					return err
				}
				return printStored(a, stored, asJSON)
			})
		},
	}
	in.flags(cmd.Flags())
	existing.flags(cmd.Flags(), true)
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
