package main

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
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

// variables are what squired can be set up with. Each flag has one: SQUIRED_
// and its name in upper case, with _; lists in the plural, split on white
// space. They are texts, for the flag itself to judge; an empty one counts as
// not set.
type variables struct {
	AddOnly            string `env:"ADD_ONLY"`
	AuditLog           string `env:"AUDIT_LOG"`
	BootstrapTokenFile string `env:"BOOTSTRAP_TOKEN_FILE"`
	CACert             string `env:"CA_CERT"`
	DatabaseURL        string `env:"DATABASE_URL"`
	DatabaseWait       string `env:"DATABASE_WAIT"`
	DataDir            string `env:"DATA_DIR"`
	DropOld            string `env:"DROP_OLD"`
	Force              string `env:"FORCE"`
	Identities         string `env:"IDENTITIES"`
	In                 string `env:"IN"`
	InsecureHTTP       string `env:"INSECURE_HTTP"`
	JSON               string `env:"JSON"`
	Listen             string `env:"LISTEN"`
	LockTimeout        string `env:"LOCK_TIMEOUT"`
	LogFormat          string `env:"LOG_FORMAT"`
	LogLevel           string `env:"LOG_LEVEL"`
	MasterKeyFile      string `env:"MASTER_KEY_FILE"`
	MetricsListen      string `env:"METRICS_LISTEN"`
	OIDCConfig         string `env:"OIDC_CONFIG"`
	Out                string `env:"OUT"`
	Recipients         string `env:"RECIPIENTS"`
	RecipientsFile     string `env:"RECIPIENTS_FILE"`
	Server             string `env:"SERVER"`
	ShutdownTimeout    string `env:"SHUTDOWN_TIMEOUT"`
	TLSCert            string `env:"TLS_CERT"`
	TLSKey             string `env:"TLS_KEY"`
	ToMasterKeyFile    string `env:"TO_MASTER_KEY_FILE"`
	TokenFile          string `env:"TOKEN_FILE"`
	TrustedProxies     string `env:"TRUSTED_PROXIES"`

	// These have no flag: a process list shows those.
	MasterKey string `env:"MASTER_KEY"`
	Token     string `env:"TOKEN"`
}

// flagOf is the flag of a variable; many says that it can be given several
// times.
func flagOf(name string) (flag string, many bool) {
	switch flag := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, variablePrefix)), "_", "-"); flag {
	case "recipients":
		return "recipient", true
	case "identities":
		return "identity", true
	case "trusted-proxies":
		return flag, true
	default:
		return flag, false
	}
}

func (s *settings) globalFlags(f *pflag.FlagSet) {
	f.StringVar(&s.dataDir, "data-dir", "", "folder of the store (default ~/.local/share/squire)")
	f.StringVar(&s.databaseURL, "database-url", "", "a database instead: "+databaseURLs())
	f.StringVar(&s.masterKeyFile, "master-key-file", "", "the keyring (default ~/.config/squire/master.key)")
	f.StringVar(&s.server, "server", "", "go through this server: https://…")
	f.StringVar(&s.tokenFile, "token-file", "", "file of the token for --server (or SQUIRED_TOKEN)")
	f.StringVar(&s.caCert, "ca-cert", "", "file of the certificates that the server's is signed with")
	f.BoolVar(&s.insecureHTTP, "insecure-http", false, "http without TLS, also beyond this machine: to --server, or by serve")
	f.DurationVar(&s.databaseWait, "database-wait", 0, "how long to wait for a database that cannot be reached")
	f.DurationVar(&s.lockTimeout, "lock-timeout", 10*time.Second, "how long to wait for another process that holds the store")
}

// settle sets those flags that were not typed from their variables.
func (s *settings) settle(environ map[string]string, flags *pflag.FlagSet) error {
	typed := map[string]bool{}
	flags.Visit(func(f *pflag.Flag) { typed[f.Name] = true })
	if err := s.onePlace(typed); err != nil {
		return err
	}
	var errs []error
	options := env.Options{Environment: environ, Prefix: variablePrefix, OnSet: func(name string, text any, _ bool) {
		flag, many := flagOf(name)
		texts := []string{text.(string)}
		if many {
			texts = strings.Fields(texts[0])
		}
		f := flags.Lookup(flag)
		if f == nil || typed[flag] || text == "" {
			return
		}
		for _, t := range texts {
			if err := flags.Set(flag, t); err != nil {
				errs = append(errs, cli.Usage(cli.BadValue(name, err)))
			}
		}
	}}
	if err := env.ParseWithOptions(&s.variables, options); err != nil {
		return cli.Usagef("the SQUIRED_ variables cannot be read") // its own text holds what it read
	}
	if s.lockTimeout <= 0 {
		errs = append(errs, cli.Usagef("--lock-timeout: want a duration above zero, such as 10s"))
	}
	return errors.Join(errs...)
}

// onePlace: a store is in one place. A flag that says where outranks the
// variables of the other two.
func (s *settings) onePlace(typed map[string]bool) error {
	var said []string
	places := []string{"data-dir", "database-url", "server"}
	for _, p := range places {
		if typed[p] {
			said = append(said, "--"+p)
		}
	}
	if len(said) > 1 {
		return resolve.WithHint(cli.Usagef("%s: the store is in one place", strings.Join(said, " and ")), "leave one of them out")
	}
	for _, p := range places {
		typed[p] = typed[p] || len(said) > 0
	}
	return nil
}

// unknown are the variables that look like squired's and are none: a slip in
// one that decides who may come in must not pass unseen. Those that Kubernetes
// makes for a Service of that name are no slips.
func unknown(environ map[string]string) (names []string) {
	known := map[string]bool{}
	fields := reflect.TypeFor[variables]()
	for i := range fields.NumField() {
		known[variablePrefix+fields.Field(i).Tag.Get("env")] = true
	}
	for name := range environ {
		if strings.HasPrefix(name, variablePrefix) && !known[name] && !strings.HasPrefix(name, variablePrefix+"PORT") && !strings.HasPrefix(name, variablePrefix+"SERVICE_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
