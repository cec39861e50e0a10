package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/provider"
)

func (s *session) secretCommand() *cobra.Command {
	return cli.Group("secret", "Create, show, change and delete named secrets",
		s.createCommand(), s.listCommand(), s.getCommand(), s.infoCommand(), s.updateCommand(),
		s.deleteCommand(), s.versionsCommand(), s.rollbackCommand())
}

// withService runs fn on the named-secret service, within the timeout.
func (s *session) withService(ctx context.Context, fn func(context.Context, api.Service) error) (err error) {
	service, closer, err := provider.OpenService(s.provider())
	if err != nil {
		return err
	}
	defer func() {
		if e := closer.Close(); err == nil {
			err = e
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, s.settings.timeout)
	defer cancel()
	return fn(ctx, service)
}

// withSecret runs fn on the service and the secret of a command's NAME.
func (s *session) withSecret(ctx context.Context, name string, fn func(context.Context, api.Service, api.SecretRequest) error) error {
	secret, err := s.secretRef(name)
	if err != nil {
		return err
	}
	return s.withService(ctx, func(ctx context.Context, service api.Service) error { return fn(ctx, service, secret) })
}

// secretRef reads the NAME of a command: [ENVIRONMENT/]NAME.
func (s *session) secretRef(text string) (api.SecretRequest, error) {
	ref, err := resolve.ParseRef(text)
	if err != nil {
		return api.SecretRequest{}, cli.Usage(err)
	}
	if ref.Keys() != nil {
		return api.SecretRequest{}, resolve.WithHint(cli.Usagef("NAME takes no keys here"), "squire secret get NAME KEY")
	}
	if err := provider.CheckRef(ref); err != nil {
		return api.SecretRequest{}, cli.Usage(err)
	}
	environment, name, _ := provider.ParsePath(ref.Path)
	if environment == "" {
		environment = s.settings.environment
	}
	return api.SecretRequest{Environment: environment, Name: name}, nil
}
