package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func (s *session) backupCommand() *cobra.Command {
	var recipients []string
	var file, out string
	cmd := &cobra.Command{
		Use:   "backup --recipient age1…",
		Short: "Back up the whole store, encrypted, while others use it",
		Long: "backup writes one state of the whole store as an age file. It holds the keys that\n" +
			"the store is sealed with: it restores without the key file, and anyone with the\n" +
			"identity of a recipient can read every secret in it. squired itself cannot.",
		Example: "  age-keygen -o key.txt      # keep it elsewhere; it prints the recipient\n" +
			"  squired backup --recipient age1… --out squire.backup",
		Args: cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file != "" {
				more, err := readRecipients(file)
				if err != nil {
					return err
				}
				recipients = append(recipients, more...)
			}
			if _, ok := cli.Terminal(s.stdout); ok && toStdout(out) {
				return resolve.WithHint(cli.Usagef("a backup is not written to a terminal"), "squired backup … --out FILE")
			}
			return s.withKeeper(cmd.Context(), func(k keeper) error {
				return s.writeOut(out, func(w io.Writer) error {
					return k.Backup(cmd.Context(), api.BackupRequest{Recipients: recipients}, w)
				})
			})
		},
	}
	cmd.Flags().StringArrayVar(&recipients, "recipient", nil, "who can read the backup: age1…; can be repeated")
	setting.List(cmd.Flags(), "recipient", "RECIPIENTS")
	cmd.Flags().StringVar(&file, "recipients-file", "", "file of recipients, one on each line")
	cmd.Flags().StringVar(&out, "out", "-", "file to write, mode 0600; replaced only when the backup is complete")
	return cmd
}

func readRecipients(path string) (all []string, err error) {
	b, err := readSmall("--recipients-file", path)
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all, err
}

// readSmall reads a file whose name may be what should have been in it: its
// errors say what it is for, not its name.
func readSmall(what, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nameless(what, err)
	}
	defer f.Close()
	const limit = 1 << 20
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && len(b) > limit {
		err = errors.New("more than 1 MiB")
	}
	return b, nameless(what, err)
}
