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
		Short: "Create a token and print it; it is shown only once",
		Long: "create prints only the token, for scripts; with --json also what it may do. NAME is shown as\n" +
			"the caller in the audit trail. By default a token is valid for all environments and names,\n" +
			"and does not expire. The active environment does not restrict it: -E is an error here, and\n" +
			"SQUIRE_ENVIRONMENT and squire.yaml are ignored.",
		Example: "  T=$(squire token create ci --environments 'ci-*' --expires 90d)\n" +
			"  squire token create shop --environments prod --names 'shop-*'",
		Args: cli.ExactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.Config.EnvironmentTyped {
				return resolve.WithHint(cli.Usagef("-E does not restrict a token"), "squire token create NAME --environments %s", a.Config.Environment)
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
	f.Var(cli.OneOf(&r.Role, api.RoleResolveOnly, api.RoleReader, api.RoleWriter, api.RoleAdmin), "role", "resolve-only; reader, which may also list; writer, which may also change secrets; or admin")
	f.Var(cli.Words(&r.Environments), "environments", "only these environments; patterns such as prod or ci-* (default all)")
	f.Var(cli.Words(&r.Names), "names", "only secrets with these names; patterns such as db or shop-* (default all)")
	f.Var(&expires, "expires", "when it expires: in a time such as 90d or 12h, on a date (UTC), or at an RFC 3339 time (default never)")
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

// expiryFlag is a time in the future.
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
		return fmt.Errorf("want a time in the future: 90d, a date such as 2027-02-21, or RFC 3339")
	}
	e.at = api.NewTime(at)
	return nil
}
