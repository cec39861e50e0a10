package secrets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func environmentCopyCommand(a *app.App) *cobra.Command {
	var existing existing
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy all secrets of an environment to another one",
		Long: "copy stores the current values of each secret of FROM in TO, which is created if it does not exist. Older\n" +
			"versions are not copied. If TO has secrets of the same names, nothing is copied without --force or\n" +
			"--allow-existing. A copy that failed halfway can be repeated with one of them. It needs the right to list\n" +
			"and resolve the secrets of FROM and to create those of TO; only an admin creates an environment.",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cli.ExactArgs("FROM", "TO")(cmd, args); err != nil {
				return err
			}
			return cli.Usage(resolve.CheckEnvironment(args[0]), resolve.CheckEnvironment(args[1]))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == args[1] {
				return cli.Usagef("FROM and TO are the same environment")
			}
			if err := existing.check(); err != nil {
				return err
			}
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				c := environmentCopy{App: a, service: service, from: args[0], to: args[1], existing: existing, asJSON: asJSON}
				return c.run(ctx)
			})
		},
	}
	existing.flags(cmd.Flags(), true)
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

type environmentCopy struct {
	*app.App
	service  api.Service
	from, to string
	existing existing
	asJSON   bool
}

func (c *environmentCopy) run(ctx context.Context) error {
	list, err := listAll(ctx, c.service, api.ListRequest{Environment: c.from}, math.MaxInt)
	if err != nil {
		return err
	}
	there, err := c.prepare(ctx, list)
	if err != nil {
		return err
	}
	slices.Reverse(list) // the oldest is created first, so that the order of a list is the same
	done := []*api.Secret{}
	for _, s := range list {
		stored := there[s.Name]
		if stored != nil && c.existing.allow { // without a call, so that a copy that is repeated gets further
			stored.Changes = noChanges()
		} else if stored, _, err = copySecret(ctx, c.service, api.SecretRequest{Environment: c.from, Name: s.Name}, api.SecretRequest{Environment: c.to, Name: s.Name}, c.existing); err != nil {
			again := "--allow-existing"
			if c.existing.force {
				again = "--force"
			}
			c.Messages.Warnf("%d of %s were copied from %s to %s; with %s the copy can be repeated", len(done), cli.Count(len(list), "secret", "secrets"), c.from, c.to, again)
			break
		}
		done = append(done, stored)
		if !c.asJSON {
			if err := printStored(c.App, stored, false); err != nil {
				return err
			}
		}
	}
	if c.asJSON {
		return errors.Join(c.JSON(done), err)
	}
	if err == nil && len(list) == 0 {
		return c.Printf("no secrets in environment %s\n", c.from)
	}
	return err
}

// prepare returns the secrets that the environment has already, or refuses them,
// or creates the environment.
func (c *environmentCopy) prepare(ctx context.Context, list []api.Secret) (there map[string]*api.Secret, err error) {
	all, err := listAll(ctx, c.service, api.ListRequest{Environment: c.to}, math.MaxInt)
	if errors.Is(err, resolve.ErrNotFound) {
		_, err = c.service.CreateEnvironment(ctx, c.to)
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	there = map[string]*api.Secret{}
	for i := range all {
		there[all[i].Name] = &all[i]
	}
	var both []string
	for _, s := range list {
		if there[s.Name] != nil {
			both = append(both, s.Name)
		}
	}
	if both == nil || c.existing.choice() != resolve.FailIfExists {
		return there, nil
	}
	names := strings.Join(both[:min(len(both), 10)], ", ")
	if n := len(both) - 10; n > 0 {
		names += fmt.Sprintf(" and %d more", n)
	}
	return nil, resolve.WithHint(fmt.Errorf("environment %s already has secrets of these names: %s; nothing was copied", c.to, names),
		"--force replaces the values of these secrets, --allow-existing leaves them as they are")
}
