package secrets

import (
	"bufio"
	"context"
	"errors"
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
				return remove(a, secret.Environment+"/"+secret.Name, "deleted", allowMissing, func(allowMissing bool) error {
					return service.DeleteSecret(ctx, api.DeleteRequest{Environment: secret.Environment, Name: secret.Name, AllowMissing: allowMissing})
				})
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

// remove calls del and says what was done. The service does not tell whether
// there was anything, so that del first fails where there is nothing; the second
// call refuses those who may not know.
func remove(a *app.App, what, done string, allowMissing bool, del func(allowMissing bool) error) error {
	err := del(false)
	if allowMissing && errors.Is(err, resolve.ErrNotFound) {
		if err = del(true); err == nil {
			return a.Printf("%s does not exist\n", what)
		}
	}
	if err != nil {
		return err
	}
	return a.Printf("%s is %s\n", what, done)
}
