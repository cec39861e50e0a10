package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// masked stands for a value in a table.
const masked = "********"

// shownSecret is `secret get --reveal --json`.
type shownSecret struct {
	api.Secret
	EnvDict api.EnvDict `json:"env_dict"`
}

func (s *session) getCommand() *cobra.Command {
	var reveal, asJSON bool
	cmd := &cobra.Command{
		Use:   "get NAME [KEY]",
		Short: "Show a secret, masked; or the value of one KEY",
		Long:  "get shows a secret's keys, and its values with --reveal. With KEY it prints that value alone, for scripts.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return exactArgs("NAME")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := s.secretRef(args[0])
			if err != nil {
				return err
			}
			return s.withService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				if len(args) == 2 {
					return s.getKey(ctx, service, secret, args[1], asJSON)
				}
				return s.getSecret(ctx, service, secret, reveal, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&reveal, "reveal", false, "show the values themselves")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (s *session) getKey(ctx context.Context, service api.Service, secret api.SecretRequest, key string, asJSON bool) error {
	if err := resolve.CheckKey(key); err != nil {
		return usageError{err}
	}
	answer, err := service.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{
		{Environment: secret.Environment, Name: secret.Name, RequiredKeys: []string{key}}}})
	if err != nil {
		return err
	}
	v := answer.Secrets[0].EnvDict[key]
	if asJSON {
		return s.printJSON(api.EnvDict{key: v})
	}
	end := ""
	if f, ok := s.stdout.(*os.File); ok && isTerminal(f) {
		end = "\n"
	}
	_, err = io.WriteString(s.stdout, v.Reveal()+end)
	return err
}

func (s *session) getSecret(ctx context.Context, service api.Service, secret api.SecretRequest, reveal, asJSON bool) error {
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
		return s.printJSON(shownSecret{info, dict})
	case asJSON:
		return s.printJSON(info)
	}
	rows := [][]string{{"KEY", "VALUE"}}
	if !reveal {
		for _, k := range info.Keys {
			rows = append(rows, []string{k, masked})
		}
		return s.printTable(rows)
	}
	for k, v := range dict {
		rows = append(rows, []string{k, shown(v.Reveal())})
	}
	slices.SortFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return s.printTable(rows)
}

// shown is a value as it is, or quoted where it would break its line.
func shown(text string) string {
	if oneLine(text) != text {
		return strconv.Quote(text)
	}
	return text
}

func (s *session) infoCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info NAME",
		Short: "Describe a secret without its values",
		Args:  exactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := s.secretRef(args[0])
			if err != nil {
				return err
			}
			return s.withService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				info, err := service.SecretInfo(ctx, secret)
				if err != nil {
					return err
				}
				if asJSON {
					return s.printJSON(info)
				}
				return s.printTable([][]string{
					{"Name", info.Name},
					{"Environment", info.Environment},
					{"Version", fmt.Sprint(info.Version)},
					{"Keys", strings.Join(info.Keys, ", ")},
					{"Created at", info.CreatedAt.String()},
					{"Created by", info.CreatedBy},
					{"Last used at", timeOrNever(info.LastUsedAt)},
				})
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (s *session) listCommand() *cobra.Command {
	var asJSON bool
	var most int
	var before beforeFlag
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the secrets of the environment, newest first",
		Args:  exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			limited := cmd.Flags().Changed("max")
			if limited && most < 0 {
				return usagef("--max: %d is negative", most)
			}
			return s.withService(cmd.Context(), func(ctx context.Context, service api.Service) error {
				r := api.ListRequest{Environment: s.settings.environment, CreatedBefore: before.at}
				list, err := listAll(ctx, service, r, most, limited)
				if err != nil {
					return err
				}
				if asJSON {
					return s.printJSON(list)
				}
				rows := [][]string{{"NAME", "CREATED AT", "CREATED BY", "LAST USED AT"}}
				for _, l := range list {
					rows = append(rows, []string{l.Name, l.CreatedAt.String(), l.CreatedBy, timeOrNever(l.LastUsedAt)})
				}
				return s.printTable(rows)
			})
		},
	}
	cmd.Flags().IntVar(&most, "max", 0, "at most so many; 0 is none (default all)")
	cmd.Flags().Var(&before, "created-before", "only older ones: RFC 3339, a date (UTC), or an age such as 7d")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// listAll follows the pages.
func listAll(ctx context.Context, service api.Service, r api.ListRequest, most int, limited bool) ([]api.Secret, error) {
	all := []api.Secret{}
	for !limited || len(all) < most {
		if limited {
			r.Limit = most - len(all)
		}
		page, err := service.ListSecrets(ctx, r)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Secrets...)
		if page.NextCursor == "" {
			break
		}
		r.Cursor = page.NextCursor
	}
	return all, nil
}
