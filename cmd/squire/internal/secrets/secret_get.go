package secrets

import (
	"context"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// masked is shown instead of a value.
const masked = "********"

// shownSecret is the JSON of secret get --reveal.
type shownSecret struct {
	api.Secret
	EnvDict api.EnvDict `json:"env_dict"`
}

func getCommand(a *app.App) *cobra.Command {
	var reveal, asJSON bool
	cmd := &cobra.Command{
		Use:   "get NAME [KEY]",
		Short: "Show the keys of a secret, or the value of one KEY",
		Long:  "get shows the keys of a secret, and the values with --reveal. With KEY it prints only that value, for scripts.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return cli.ExactArgs("NAME")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withSecret(cmd.Context(), a, args[0], func(ctx context.Context, service api.Service, secret api.SecretRequest) error {
				if len(args) == 2 {
					return getKey(ctx, a, service, secret, args[1], asJSON)
				}
				return getSecret(ctx, a, service, secret, reveal, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&reveal, "reveal", false, "show the values")
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

func getKey(ctx context.Context, a *app.App, service api.Service, secret api.SecretRequest, key string, asJSON bool) error {
	if err := resolve.CheckKey(key); err != nil {
		return cli.Usage(err)
	}
	answer, err := service.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{
		{Environment: secret.Environment, Name: secret.Name, RequiredKeys: []string{key}}}})
	if err != nil {
		return err
	}
	v := answer.Secrets[0].EnvDict[key]
	if asJSON {
		return a.JSON(api.EnvDict{key: v})
	}
	end := ""
	if _, ok := cli.Terminal(a.Stdout); ok {
		end = "\n"
	}
	_, err = io.WriteString(a.Stdout, v.Reveal()+end)
	return err
}

func getSecret(ctx context.Context, a *app.App, service api.Service, secret api.SecretRequest, reveal, asJSON bool) error {
	var dict api.EnvDict
	if reveal {
		answer, err := service.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Environment: secret.Environment, Name: secret.Name}}})
		if err != nil {
			return err
		}
		dict = answer.Secrets[0].EnvDict
	}
	info, err := service.SecretInfo(ctx, secret)
	if err != nil {
		return err
	}
	switch {
	case asJSON && reveal:
		return a.JSON(shownSecret{info, dict})
	case asJSON:
		return a.JSON(info)
	}
	rows := [][]string{{"KEY", "VALUE"}}
	if !reveal {
		for _, k := range info.Keys {
			rows = append(rows, []string{k, masked})
		}
		return a.Table(rows)
	}
	for _, k := range slices.Sorted(maps.Keys(dict)) {
		rows = append(rows, []string{k, shown(dict[k].Reveal())})
	}
	return cli.PrintTable(a.Stdout, 0, rows) // a value that is broken into lines cannot be copied
}

// shown is a value for a table: quoted if it would break its line.
func shown(text string) string {
	if cli.OneLine(text) != text {
		return strconv.Quote(text)
	}
	return text
}
