package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve/api"
)

func (s *session) rotateCommand() *cobra.Command {
	var r api.RotateKeyRequest
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rotate-key",
		Short: "Seal everything with a new master key, while others use the store",
		Long: "rotate-key makes a new master key in the key file and seals every record with it.\n" +
			"If it is interrupted, everything stays readable, and the next call continues.\n" +
			"The old key stays in the file until --drop-old removes it. An older backup needs no\n" +
			"key file: it holds its keys.",
		Example: "  squired rotate-key --drop-old\n\n" +
			"  With several servers on one PostgreSQL, each with a key file of its own:\n" +
			"  squired rotate-key --add-only     # once; give the key file to every server\n" +
			"  squired rotate-key                # on each server\n" +
			"  squired rotate-key --drop-old     # on each server",
		Args: cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if r.AddOnly && r.DropOld {
				return cli.Usagef("--add-only is the first step, and --drop-old the last: one at a time")
			}
			return s.withKeeper(cmd.Context(), func(k keeper) error {
				answer, err := k.RotateKey(cmd.Context(), r)
				if err != nil {
					return err
				}
				if asJSON {
					return cli.PrintJSON(s.stdout, answer)
				}
				_, err = fmt.Fprintf(s.stdout, "active key %s; in the key file: %s; %s sealed again\n", answer.Active, strings.Join(answer.Keys, ", "), cli.Count(answer.Rewrapped, "record", "records"))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&r.AddOnly, "add-only", false, "make the new key without using it yet")
	cmd.Flags().BoolVar(&r.DropOld, "drop-old", false, "remove keys that seal nothing any more from the key file")
	cli.JSONFlag(cmd, &asJSON)
	return cmd
}
