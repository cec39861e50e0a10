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
		Short: "Make a store of a backup",
		Long: "restore reads a backup, checks all of it, and then puts it in the store's place at\n" +
			"once; where anything is wrong, nothing is touched. The keys of the backup come into\n" +
			"the key file, beside those that are there; a new key file is made of them.\n" +
			"No server may have the store meanwhile.",
		Example: "  squired restore --identity key.txt --in squire.backup",
		Args:    cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			to := s.here()
			if to.server != "" {
				return resolve.WithHint(cli.Usagef("a server that runs takes no restore"), "stop it, and restore with --data-dir or --database-url")
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
	cmd.Flags().StringArrayVar(&identities, "identity", nil, "file of age identities that open the backup; several times for several")
	setting.List(cmd.Flags(), "identity", "IDENTITIES")
	cmd.Flags().StringVar(&in, "in", "-", "the backup; - is standard input")
	cmd.Flags().BoolVar(&force, "force", false, "replace a store that is there, and all that is in it")
	return cmd
}

func (s *session) restoreConfig(to place, keyFile string, force bool) (service.RestoreConfig, error) {
	c, err := s.config(to, keyFile)
	return service.RestoreConfig{Config: c, Force: force}, err
}

func (s *session) tellRestored(r service.Restored) error {
	_, err := fmt.Fprintf(s.stdout, "store %s: %d records, as of %s\n", r.Store, r.Records, r.CreatedAt)
	return err
}

// openIn is the backup to read.
func (s *session) openIn(in string) (io.ReadCloser, error) {
	if in != "-" && in != "" {
		f, err := os.Open(in)
		return f, nameless("--in", err)
	}
	if _, ok := cli.Terminal(s.stdin); ok {
		return nil, resolve.WithHint(cli.Usagef("a backup does not come from a terminal"), "squired restore … --in FILE")
	}
	return io.NopCloser(s.stdin), nil
}

// readIdentities reads files of identities. What age says of a bad one may hold
// it.
func readIdentities(paths []string) (all []age.Identity, err error) {
	if len(paths) == 0 {
		return nil, resolve.WithHint(cli.Usagef("--identity is missing"), "squired restore --identity key.txt, which age-keygen has made")
	}
	for i, path := range paths {
		what := fmt.Sprintf("--identity %d", i+1)
		b, err := readSmall(what, path)
		if err != nil {
			return nil, resolve.WithHint(err, "give the name of a file that age-keygen has made, not the identity itself")
		}
		ids, err := age.ParseIdentities(bytes.NewReader(b))
		if err != nil || len(ids) == 0 {
			return nil, resolve.WithHint(fmt.Errorf("%s: it is no file of age identities", what), "age-keygen -o key.txt makes one; one with a passphrase is to be decrypted first")
		}
		all = append(all, ids...)
	}
	return all, nil
}
