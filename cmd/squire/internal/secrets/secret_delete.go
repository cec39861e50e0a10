package secrets

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func deleteCommand(a *app.App) *cobra.Command {
	var yes, allowMissing bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a secret and all its versions, permanently",
		Args:  cli.ExactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := secretRef(a, args[0])
			if err != nil {
				return err
			}
			question := fmt.Sprintf("Delete secret %s/%s and all its versions?", secret.Environment, secret.Name)
			if err := confirm(a, question, yes); err != nil {
				return err
			}
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				err := service.DeleteSecret(ctx, api.DeleteRequest{Environment: secret.Environment, Name: secret.Name, AllowMissing: allowMissing})
				if err == nil {
					err = a.Printf("%s/%s is deleted\n", secret.Environment, secret.Name)
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask for confirmation")
	cmd.Flags().BoolVar(&allowMissing, "allow-missing", false, "succeed even if there is no such secret")
	return cmd
}

// confirm asks on a terminal. Without a terminal, --yes is required.
func confirm(a *app.App, question string, yes bool) error {
	if yes {
		return nil
	}
	f, ok := cli.Terminal(a.Stdin)
	if !ok {
		return resolve.WithHint(cli.Usagef("cannot ask for confirmation: there is no terminal"), "add --yes")
	}
	a.Messages.Ask(question + " [y/N]")
	answer, _ := bufio.NewReader(f).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return fmt.Errorf("not deleted")
}
