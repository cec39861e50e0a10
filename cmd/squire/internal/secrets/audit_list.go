package secrets

import (
	"context"
	"sort"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve/api"
)

func auditListCommand(a *app.App) *cobra.Command {
	var r api.AuditRequest
	var secret string
	var since, before beforeFlag
	var most int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List accesses, newest first",
		Long:  "list shows who did what to which secret, in all environments unless -E is given.",
		Args:  cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if most < 0 {
				return cli.Usagef("--max: %d is negative", most)
			}
			if a.Config.EnvironmentTyped {
				r.Environment = a.Config.Environment
			}
			if secret != "" {
				ref, err := secretRef(a, secret)
				if err != nil {
					return err
				}
				r.Environment, r.Name = ref.Environment, ref.Name
			}
			r.Since, r.Before = since.at, before.at
			return a.WithService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				entries, err := listEntries(ctx, service, r, most)
				if err != nil {
					return err
				}
				if asJSON {
					return a.JSON(entries)
				}
				if len(entries) == 0 {
					return a.Printf("no such accesses\n")
				}
				return a.Table(entryRows(entries))
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&secret, "secret", "", "only accesses to this secret: [ENVIRONMENT/]NAME")
	f.StringVar(&r.Caller, "caller", "", "only accesses by this caller")
	f.StringVar(&r.Action, "action", "", "only this action, such as resolve")
	f.StringVar(&r.Outcome, "outcome", "", "only this outcome, such as denied")
	f.Var(&since, "since", "only accesses since this time: RFC 3339, a date (UTC), or an age such as 7d")
	f.Var(&before, "before", "only accesses before this time, in the same formats")
	f.IntVar(&most, "max", 50, "at most this many; 0 lists none")
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}

// listEntries reads all pages. A page may be empty although another follows.
func listEntries(ctx context.Context, service api.Service, r api.AuditRequest, most int) ([]api.AuditEntry, error) {
	const page = 1000
	all := []api.AuditEntry{}
	for len(all) < most {
		r.Limit = page
		got, err := service.ListAudit(ctx, r)
		if err != nil {
			return nil, err
		}
		all = append(all, got.Entries...)
		if got.NextCursor == "" {
			break
		}
		r.Cursor = got.NextCursor
	}
	// A server adds reads to the trail some seconds after they were made, so the
	// entries may be out of order.
	sort.SliceStable(all, func(i, j int) bool { return all[i].Time.After(all[j].Time.Time) })
	return all[:min(len(all), most)], nil
}

func entryRows(entries []api.AuditEntry) [][]string {
	rows := [][]string{{"TIME", "CALLER", "ACTION", "SECRET", "VERSION", "OUTCOME"}}
	for _, e := range entries {
		secret, version := e.Environment, ""
		switch {
		case e.Name != "" && e.Environment != "":
			secret += "/" + e.Name
		case e.Name != "":
			secret = e.Name // the id of a token
		}
		if e.Version != 0 {
			version = strconv.Itoa(e.Version)
		}
		rows = append(rows, []string{cli.Time(e.Time.Time), cli.OneLine(e.Caller), e.Action, cli.OneLine(secret), version, e.Outcome})
	}
	return rows
}
