package secrets

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func tokenCreateCommand(a *app.App) *cobra.Command {
	var r api.CreateTokenRequest
	var expires expiryFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create a token, and print it: it is told once",
		Long: "create prints the token alone, for scripts, and with --json also what it may do. NAME is what\n" +
			"the audit trail calls its holder. A token is for all environments and names, and for ever,\n" +
			"unless --environments, --names and --expires say less. The active environment does not narrow\n" +
			"it: -E is refused here, and SQUIRE_ENVIRONMENT and squire.yaml count for nothing.",
		Example: "  T=$(squire token create ci --environments 'ci-*' --expires 90d)\n" +
			"  squire token create shop --environments prod --names 'shop-*'",
		Args: cli.ExactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.EnvironmentTyped {
				return resolve.WithHint(cli.Usagef("-E does not narrow a token"), "squire token create NAME --environments %s", a.Store.Environment)
			}
			r.Name = args[0]
			faults := []error{resolve.CheckName(r.Name)}
			for _, p := range append(append([]string{}, r.Environments...), r.Names...) {
				faults = append(faults, api.CheckPattern(p))
			}
			if err := cli.Usage(faults...); err != nil {
				return err
			}
			if !expires.at.IsZero() {
				r.ExpiresAt = &expires.at
			}
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				made, err := service.CreateToken(ctx, r)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(made)
				}
				_, err = fmt.Fprintln(a.Stdout, made.Text.Reveal())
				return err
			})
		},
	}
	f := cmd.Flags()
	f.Var(cli.OneOf(&r.Role, api.RoleResolveOnly, api.RoleReader, api.RoleWriter, api.RoleAdmin), "role", "resolve-only, reader (and lists), writer (and changes secrets) or admin (and all else)")
	f.Var(cli.Words(&r.Environments), "environments", "only these, as patterns: prod, ci-* (default all)")
	f.Var(cli.Words(&r.Names), "names", "only secrets of these names, as patterns: db, shop-* (default all)")
	f.Var(&expires, "expires", "when it ends: an age such as 90d or 12h, a date (UTC), or RFC 3339 (default never)")
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

// expiryFlag is --expires: what is to come, where beforeFlag is what was.
type expiryFlag struct{ at api.Time }

func (e *expiryFlag) String() string { return "" }
func (e *expiryFlag) Type() string   { return "TIME" }
func (e *expiryFlag) Set(text string) error {
	at := time.Time{}
	now := time.Now()
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 365000 {
			at = now.AddDate(0, 0, n)
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		at = now.Add(d)
	} else if t, err := time.Parse(time.DateOnly, text); err == nil {
		at = t
	} else if t, err := time.Parse(time.RFC3339, text); err == nil {
		at = t
	}
	if !at.After(now) {
		return fmt.Errorf("want an age such as 90d, a date such as 2027-02-21, or RFC 3339, and one to come")
	}
	e.at = api.NewTime(at)
	return nil
}
