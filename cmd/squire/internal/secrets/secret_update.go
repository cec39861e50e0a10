package secrets

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func updateCommand(a *app.App) *cobra.Command {
	var in valueInput
	var unset []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "update NAME [" + valueForms + "]...",
		Short:   "Change, add or remove keys, as a new version",
		Long:    "update sets keys of a secret and keeps the others.\n" + valueHelp,
		Example: "  squire secret update db PGPASSWORD=-\n  squire secret update db --unset PGSSLMODE",
		Args:    cli.LeastArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := secretRef(a, args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 && len(unset) == 0 && in.empty() {
				return cli.Usagef("nothing to change: give %s, or --unset KEY", valueForms)
			}
			changes, err := readValues(cmd.Context(), a, in, args[1:])
			if errors.Is(err, errUntouched) && len(resolve.Faults(err)) == 1 {
				return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
					stored, err := service.SecretInfo(ctx, secret)
					if err != nil {
						return err
					}
					stored.Changes = noChanges()
					return printStored(a, &stored, asJSON)
				})
			}
			if err != nil {
				return err
			}
			for _, key := range unset {
				if _, both := changes[key]; both {
					return cli.Usagef("%s is both set and unset", key)
				}
				changes[key] = nil
			}
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				stored, err := service.UpdateSecret(ctx, api.UpdateSecretRequest{Environment: secret.Environment, Name: secret.Name, EnvDict: changes})
				if err != nil {
					return err
				}
				for _, key := range unset {
					if stored.Changes != nil && !slices.Contains(stored.Changes.Removed, key) {
						a.Messages.Warnf("%s/%s has no key %s, so it was not removed", stored.Environment, stored.Name, key)
					}
				}
				return printStored(a, &stored, asJSON)
			})
		},
	}
	in.flags(cmd.Flags())
	cmd.Flags().Var(cli.Words(&unset), "unset", "remove this key; one that is not there gives a warning")
	setting.List(cmd.Flags(), "unset", "UNSET_KEYS") // SQUIRE_UNSET is run's, and must not delete keys
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
