// Package secrets has the commands that change or list a store of named secrets:
// secret, environment, token and audit.
//
// It makes no promise of compatibility.
package secrets

import (
	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
)

// Secret is the family of commands for named secrets.
func Secret(a *app.App) *cobra.Command {
	return cli.Group("secret", "Create, show, change and delete named secrets",
		createCommand(a), listCommand(a), getCommand(a), infoCommand(a), updateCommand(a), deleteCommand(a), versionsCommand(a), rollbackCommand(a),
		copyCommand(a), renameCommand(a))
}

// Environment is the family of commands for the environments of a store.
func Environment(a *app.App) *cobra.Command {
	return cli.Group("environment", "Create, list and delete environments, each with secrets of its own",
		environmentCreateCommand(a), environmentListCommand(a), environmentCopyCommand(a), environmentDeleteCommand(a))
}

// Token is the family of commands for the tokens of a server.
func Token(a *app.App) *cobra.Command {
	return cli.Group("token", "Create, list and revoke the tokens of a server",
		tokenCreateCommand(a), tokenListCommand(a), tokenRevokeCommand(a))
}

// Audit is the family of commands for the audit trail.
func Audit(a *app.App) *cobra.Command {
	return cli.Group("audit", "Show who did what, and check that the audit trail is complete",
		auditListCommand(a), auditVerifyCommand(a))
}
