package secrets

import (
	"context"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/provider/squire"
)

// withSecret calls fn with the service and the secret that NAME refers to.
func withSecret(ctx context.Context, a *app.App, name string, fn func(context.Context, api.Service, api.SecretRequest) error) error {
	secret, err := secretRef(a, name)
	if err != nil {
		return err
	}
	return a.WithService(ctx, func(ctx context.Context, service api.Service) error { return fn(ctx, service, secret) })
}

// secretRef parses the argument NAME: [ENVIRONMENT/]NAME.
func secretRef(a *app.App, text string) (api.SecretRequest, error) {
	ref, err := resolve.ParseRef(text)
	if err != nil {
		return api.SecretRequest{}, cli.Usage(err)
	}
	if ref.Keys() != nil {
		return api.SecretRequest{}, resolve.WithHint(cli.Usagef("NAME: this command takes no keys"), "squire secret get NAME KEY")
	}
	if err := squire.CheckRef(ref); err != nil {
		return api.SecretRequest{}, cli.Usage(err)
	}
	environment, name, _ := squire.ParsePath(ref.Path)
	if environment == "" {
		environment = a.Config.Environment
	}
	return api.SecretRequest{Environment: environment, Name: name}, nil
}
