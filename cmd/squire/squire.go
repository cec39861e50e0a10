package main

import (
	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/cmd/squire/internal/help"
	"github.com/squire-env/squire/cmd/squire/internal/run"
	"github.com/squire-env/squire/cmd/squire/internal/secrets"
)

// families are the commands of squire, a line each.
func families(exec run.Exec) []app.Family {
	return []app.Family{
		{Name: "run", Command: func(a *app.App) *cobra.Command { return run.Command(a, exec) }, Codes: run.Codes},
		{Name: "secret", Command: secrets.Secret},
		{Name: "environment", Command: secrets.Environment},
		{Name: "token", Command: secrets.Token},
		{Name: "audit", Command: secrets.Audit},
		{Name: "version", Command: func(*app.App) *cobra.Command { return cli.VersionCommand() }},
		{Name: "help", Command: func(*app.App) *cobra.Command { return help.Command() }},
	}
}
