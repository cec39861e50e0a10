package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/agefile"
)

func (s *session) restoreCommand() *cobra.Command {
	var identities []string
	var in string
	var force bool
	cmd := &cobra.Command{
		Use:   "restore --identity FILE",
		Short: "Restore a store from a backup",
		Long: "restore reads a backup, checks all of it, and then puts it in the store's place at\n" +
			"once; if anything is wrong, nothing is changed. The keys of the backup are added to\n" +
			"the key file, which is created if necessary. No server may use the store meanwhile.",
		Example: "  squired restore --identity key.txt --in squire.backup",
		Args:    cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			to := s.here()
			if to.server != "" {
				return resolve.WithHint(cli.Usagef("a backup cannot be restored into a running server"), "stop it, and restore with --data-dir or --database-url")
			}
			c, err := s.restoreConfig(to, s.settings.masterKeyFile, force)
			if err != nil {
				return err
			}
			ids, err := readIdentities(identities)
			if err != nil {
				return err
			}
			c.Decrypt = agefile.Decrypt(ids...)
			r, err := s.openIn(in)
			if err != nil {
				return err
			}
			defer r.Close()
			done, err := service.Restore(cmd.Context(), c, r)
			if err != nil {
				return err
			}
			return s.tellRestored(done)
		},
	}
	cmd.Flags().StringArrayVar(&identities, "identity", nil, "file of age identities that open the backup; can be repeated")
	setting.List(cmd.Flags(), "identity", "IDENTITIES")
	cmd.Flags().StringVar(&in, "in", "-", "the backup; - is standard input")
	cmd.Flags().BoolVar(&force, "force", false, "replace an existing store, with everything in it")
	return cmd
}

func (s *session) restoreConfig(to place, keyFile string, force bool) (service.RestoreConfig, error) {
	c, err := s.config(to, keyFile)
	return service.RestoreConfig{Config: c, Force: force}, err
}

func (s *session) tellRestored(r service.Restored) error {
	_, err := fmt.Fprintf(s.stdout, "store %s: %s, as of %s\n", r.Store, cli.Count(r.Records, "record", "records"), r.CreatedAt)
	return err
}

// openIn is the backup to read.
func (s *session) openIn(in string) (io.ReadCloser, error) {
	if in != "-" && in != "" {
		f, err := os.Open(in)
		return f, nameless("--in", err)
	}
	if _, ok := cli.Terminal(s.stdin); ok {
		return nil, resolve.WithHint(cli.Usagef("a backup is not read from a terminal"), "squired restore … --in FILE")
	}
	return io.NopCloser(s.stdin), nil
}

// readIdentities reads files of identities. The errors of age may hold a bad one.
func readIdentities(paths []string) (all []age.Identity, err error) {
	if len(paths) == 0 {
		return nil, resolve.WithHint(cli.Usagef("--identity is missing"), "squired restore --identity key.txt")
	}
	for i, path := range paths {
		what := fmt.Sprintf("--identity %d", i+1)
		b, err := readSmall(what, path)
		if err != nil {
			return nil, resolve.WithHint(err, "give the name of a file made by age-keygen, not the identity itself")
		}
		ids, err := age.ParseIdentities(bytes.NewReader(b))
		if err != nil || len(ids) == 0 {
			return nil, resolve.WithHint(fmt.Errorf("%s: not a file of age identities", what), "age-keygen -o key.txt makes one; decrypt one that has a passphrase first")
		}
		all = append(all, ids...)
	}
	return all, nil
}
