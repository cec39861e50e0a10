package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/agefile"
)

func (s *session) copyCommand() *cobra.Command {
	var toKeyFile string
	var force bool
	cmd := &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy a store to another place",
		Long: "copy makes the store TO from the store FROM, as backup and restore do, with a key that\n" +
			"is not kept. Each is a folder or " + databaseURLs() + "; FROM can be a server, https://…, too.\n" +
			"Records stay sealed as they are: ids, versions, times, tokens and audit trail are the\n" +
			"same there, and so are the keys. FROM is read with --master-key-file (a server has its\n" +
			"own), and the keys are added to --to-master-key-file, by default the same file.\n" +
			"FROM is not changed; what is written to it later is not in TO.",
		Example: "  squired copy ~/.local/share/squire /var/lib/squired\n" +
			"  squired copy https://secrets.example:7878 /var/lib/squired --token-file admin.token",
		Args: cli.ExactArgs("FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := placeOf("FROM", args[0])
			if err != nil {
				return err
			}
			to, err := placeOf("TO", args[1])
			if err != nil {
				return err
			}
			switch {
			case to.server != "":
				return cli.Usagef("TO: want a folder or %s: a running server cannot be a target", databaseURLs())
			case samePlace(from, to):
				return cli.Usagef("FROM and TO are the same store")
			case toKeyFile == "":
				toKeyFile = s.settings.masterKeyFile
			}
			c, err := s.restoreConfig(to, toKeyFile, force)
			if err != nil {
				return err
			}
			k, closer, err := s.open(cmd.Context(), from)
			if err != nil {
				return err
			}
			defer closer.Close()
			done, err := copyStore(cmd.Context(), k, c)
			if err != nil {
				return err
			}
			return s.tellRestored(done)
		},
	}
	cmd.Flags().StringVar(&toKeyFile, "to-master-key-file", "", "the keyring of TO (default: --master-key-file)")
	cmd.Flags().BoolVar(&force, "force", false, "replace an existing store at TO, with everything in it")
	return cmd
}

func samePlace(a, b place) bool {
	if a.dataDir == "" || b.dataDir == "" {
		return a == b
	}
	return realPath(a.dataDir) == realPath(b.dataDir)
}

func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// copyStore is a backup that goes right into a restore.
func copyStore(ctx context.Context, from keeper, to service.RestoreConfig) (service.Restored, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return service.Restored{}, err
	}
	to.Decrypt = agefile.Decrypt(id)
	r, w := io.Pipe()
	gone := make(chan error, 1)
	go func() {
		err := from.Backup(ctx, api.BackupRequest{Recipients: []string{id.Recipient().String()}}, w)
		gone <- err
		_ = w.CloseWithError(err) // nil is io.EOF
	}()
	done, err := service.Restore(ctx, to, r)
	_ = r.CloseWithError(errStopped)
	if berr := <-gone; berr != nil && !isStopped(berr) {
		return service.Restored{}, berr
	}
	return done, err
}

// errStopped ends a backup that nobody reads any more.
var errStopped = errors.New("the restore has ended")

func isStopped(err error) bool { return errors.Is(err, errStopped) }
