package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/resolve"
)

const variablePrefix = "SQUIRED_"

// settings say where the store is. A setting comes from its flag, else its
// variable.
type settings struct {
	dataDir       string
	databaseURL   string
	masterKeyFile string
	server        string
	tokenFile     string
	caCert        string
	insecureHTTP  bool
	lockTimeout   time.Duration
	databaseWait  time.Duration

	variables variables
}

// variables have no flag: the text of one is visible in the list of processes.
type variables struct {
	MasterKey string `env:"MASTER_KEY"`
	Token     string `env:"TOKEN"`
}

func (s *settings) globalFlags(f *pflag.FlagSet) {
	f.StringVar(&s.dataDir, "data-dir", "", "folder of the store (default ~/.local/share/squire)")
	f.StringVar(&s.databaseURL, "database-url", "", "a database instead: "+databaseURLs())
	f.StringVar(&s.masterKeyFile, "master-key-file", "", "the keyring (default ~/.config/squire/master.key)")
	f.StringVar(&s.server, "server", "", "use the store of this running server: https://…")
	f.StringVar(&s.tokenFile, "token-file", "", "file with the token for --server (or SQUIRED_TOKEN)")
	f.StringVar(&s.caCert, "ca-cert", "", "file with the certificates (PEM) that are trusted instead of the system's")
	f.BoolVar(&s.insecureHTTP, "insecure-http", false, "allow http without TLS to and from other machines")
	f.DurationVar(&s.databaseWait, "database-wait", 0, "how long to wait for a database that cannot be reached")
	f.DurationVar(&s.lockTimeout, "lock-timeout", 10*time.Second, "how long to wait for another process that holds the store")
	setting.Rivals(f, places()...)
}

// settle sets those flags that were not typed from their variables.
func (s *settings) settle(given setting.Variables, flags *pflag.FlagSet) error {
	if err := errors.Join(onePlace(flags), cli.Usage(setting.CheckTexts(flags))); err != nil {
		return err
	}
	err := cli.Usage(given.Decode(&s.variables), given.Fill(flags))
	if s.lockTimeout <= 0 {
		err = errors.Join(err, cli.Usagef("--lock-timeout: want a duration above zero, such as 10s"))
	}
	return err
}

// places are the flags that say where the store is: one of them. If one is typed
// it outranks the variables of the others.
func places() []string { return []string{"data-dir", "database-url", "server"} }

func onePlace(flags *pflag.FlagSet) error {
	var said []string
	for _, p := range places() {
		if flags.Changed(p) {
			said = append(said, "--"+p)
		}
	}
	if len(said) > 1 {
		return resolve.WithHint(cli.Usagef("%s: the store is in one place", strings.Join(said, " and ")), "leave one of them out")
	}
	return nil
}

// unknown are the variables that look like squired's and are not: a misspelt
// one that decides who may come in must not go unnoticed. Kubernetes makes some
// for a Service of that name.
func unknown(given setting.Variables, cmd *cobra.Command) []string {
	hidden := setting.Names(variablePrefix, &variables{})
	return given.Unknown(cmd.Flags(), func(name string) bool {
		return strings.HasPrefix(name, variablePrefix+"PORT") || strings.HasPrefix(name, variablePrefix+"SERVICE_") || slices.Contains(hidden, name) ||
			setting.Find(cmd.Root(), func(f *pflag.Flag) bool { return setting.Variable(variablePrefix, f) == name }) != nil
	})
}
