package secrets

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func copyCommand(a *app.App) *cobra.Command {
	var existing existing
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Store the values of a secret under another name, or in another environment",
		Long: "copy stores the current values of FROM as TO: both are [ENVIRONMENT/]NAME. Older versions are not\n" +
			"copied. It needs the right to resolve FROM and to create TO.",
		Example: "  squire secret copy db prod/db\n  squire secret copy prod/db db --force",
		Args:    cli.ExactArgs("FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTwo(cmd.Context(), a, args, existing, func(ctx context.Context, service api.Service, from, to api.SecretRequest) error {
				stored, version, err := copySecret(ctx, service, from, to, existing)
				if err != nil {
					return err
				}
				if err := printStored(a, stored, asJSON); err != nil || asJSON || version == 1 || existing.allow {
					return err
				}
				return a.Printf("of %s/%s only version %d was copied\n", from.Environment, from.Name, version)
			})
		},
	}
	existing.flags(cmd.Flags(), true)
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

func renameCommand(a *app.App) *cobra.Command {
	var existing existing
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rename FROM TO",
		Short: "Give a secret another name, or move it to another environment",
		Long: "rename stores the current values of FROM as TO, and then deletes FROM with its older versions. Both are\n" +
			"[ENVIRONMENT/]NAME. If FROM was changed meanwhile, it is not deleted. It needs the right to resolve and\n" +
			"delete FROM, and to create TO.",
		Example: "  squire secret rename db database\n  squire secret rename db prod/db",
		Args:    cli.ExactArgs("FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTwo(cmd.Context(), a, args, existing, func(ctx context.Context, service api.Service, from, to api.SecretRequest) error {
				stored, version, err := moveSecret(ctx, a, service, from, to, existing)
				if err != nil {
					return err
				}
				if err := printStored(a, stored, asJSON); err != nil || asJSON {
					return err
				}
				older := ""
				if version > 1 {
					older = ", with " + cli.Count(version-1, "older version", "older versions")
				}
				return a.Printf("%s/%s is deleted%s\n", from.Environment, from.Name, older)
			})
		},
	}
	existing.flags(cmd.Flags(), false)
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

// withTwo calls fn with the service and two different secrets.
func withTwo(ctx context.Context, a *app.App, args []string, existing existing, fn func(ctx context.Context, service api.Service, from, to api.SecretRequest) error) error {
	from, err := secretRef(a, args[0])
	if err != nil {
		return err
	}
	to, err := secretRef(a, args[1])
	if err != nil {
		return err
	}
	if from == to {
		return cli.Usagef("FROM and TO are the same secret")
	}
	if err := existing.check(); err != nil {
		return err
	}
	return a.WithService(ctx, func(ctx context.Context, service api.Service) error { return fn(ctx, service, from, to) })
}

// copySecret stores the current values of a secret as another one, and returns
// their version.
func copySecret(ctx context.Context, service api.Service, from, to api.SecretRequest, existing existing) (stored *api.Secret, version int, err error) {
	answer, err := service.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Environment: from.Environment, Name: from.Name}}})
	if err != nil {
		return stored, 0, err
	}
	source := answer.Secrets[0]
	stored, err = create(ctx, service, &api.CreateSecretRequest{Environment: to.Environment, Name: to.Name, EnvDict: source.EnvDict, IfExists: existing.choice()})
	return stored, source.Version, err
}

// moveSecret copies a secret, and then deletes the version that was copied.
func moveSecret(ctx context.Context, a *app.App, service api.Service, from, to api.SecretRequest, existing existing) (stored *api.Secret, version int, err error) {
	stored, version, err = copySecret(ctx, service, from, to, existing)
	if err != nil {
		return stored, version, err
	}
	err = service.DeleteSecret(ctx, api.DeleteRequest{Environment: from.Environment, Name: from.Name, AllowMissing: true, ExpectedVersion: version})
	if err == nil {
		return stored, version, nil
	}
	state := "may still exist" // the answer was lost
	if errors.Is(err, resolve.ErrConflict) || errors.Is(err, resolve.ErrDenied) || errors.Is(err, resolve.ErrInvalid) {
		state = "was not deleted"
	}
	a.Messages.Warnf("%s/%s has the values of version %d of %s/%s, which %s", to.Environment, to.Name, version, from.Environment, from.Name, state)
	return stored, version, resolve.WithHint(err, "squire secret rename %s/%s %s/%s --force", from.Environment, from.Name, to.Environment, to.Name)
}
