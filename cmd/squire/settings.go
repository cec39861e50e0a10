package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/resolve"
	named "github.com/squire-env/squire/resolve/provider/squire"
)

// settings are what every command shares. A setting comes from its flag, else
// its variable, else squire.yaml.
type settings struct {
	environment string
	// environmentTyped says that -E was given, which some commands have no use for.
	environmentTyped bool

	config    string
	logLevel  string
	logFormat string
	timeout   time.Duration
	server    serverFlags

	variables named.Variables
	added     map[string]string // sources by variables, by flag
	file      *configFile       // nil: there is none

	// commands are all of squire: what one does not know, another may.
	commands func() *cobra.Command
}

func (s *settings) globalFlags(f *pflag.FlagSet) {
	f.StringVarP(&s.environment, "environment", "E", "", "the active environment (default main)")
	f.StringVar(&s.config, "config", "", "settings and sources (default ./squire.yaml, where there is one)")
	f.Var(cli.OneOf(&s.logLevel, "warn", "debug", "info", "error"), "log-level", "least level of what is said: debug, info, warn or error")
	f.Var(cli.OneOf(&s.logFormat, "text", "json"), "log-format", "text or json")
	f.DurationVar(&s.timeout, "timeout", 30*time.Second, "for resolving all secrets together")
	s.server.flags(f)
	setting.Annotate(f, []string{"environment"}, setting.InFile, setting.Guarded, setting.Inherited)
	setting.Annotate(f, []string{"config"}, setting.Guarded)
	setting.Annotate(f, []string{"log-level", "log-format", "timeout"}, setting.InFile)
}

// settle completes the flags of a command that was called: what no flag says,
// its variable does, else squire.yaml. It is the whole of the precedence.
func (s *session) settle(ctx context.Context, cmd *cobra.Command, environ []string) error {
	set, flags := &s.settings, cmd.Flags()
	set.environmentTyped = flags.Changed("environment")
	if err := set.readVariables(environ, cmd); err != nil {
		return cli.Usage(err)
	}
	if f := flags.Lookup("environment"); f != nil && f.Changed && set.environment == "" {
		return cli.Usagef("--environment is empty; leave it out for the default") // an unset shell variable must not mean main
	}
	if err := set.readConfig(ctx, flags); err != nil {
		return err
	}
	s.messages.Set(set.logLevel, set.logFormat)
	if set.environment == "" {
		set.environment = resolve.DefaultEnvironment
	}
	if set.timeout <= 0 {
		return cli.Usagef("--timeout: want a duration above zero, such as 30s")
	}
	if err := set.server.check(flags); err != nil {
		return cli.Usage(err)
	}
	if err := resolve.CheckEnvironment(set.environment); err != nil {
		return cli.Usage(err)
	}
	s.app.Store, s.app.EnvironmentTyped = s.squire(), set.environmentTyped
	return nil
}

func (s *settings) readConfig(ctx context.Context, flags *pflag.FlagSet) error {
	path := s.configPath()
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) && s.config == "" {
		return nil
	}
	if s.timeout <= 0 {
		return nil // settle refuses it, and says why
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	file, err := readConfig(ctx, path, s.fileFlag(flags))
	if err != nil {
		return err
	}
	s.file = file
	higher := setting.Changed(flags)
	var errs []error
	for _, f := range file.settings {
		switch flag := flags.Lookup(f.flag); {
		case flag == nil || higher[f.flag]: // a command without it has no use for it
		case s.config == "" && setting.Has(flag, setting.InNamedFile):
			errs = append(errs, notTrusted(path, f))
		default:
			errs = append(errs, setting.Set(flags, f.flag, f.text, f.where))
		}
	}
	return errors.Join(errs...)
}

// fileFlag finds the flag that a field of squire.yaml is for, of this command or
// of another; nil is none.
func (s *settings) fileFlag(flags *pflag.FlagSet) func(field string) *pflag.Flag {
	return func(field string) *pflag.Flag {
		suits := func(f *pflag.Flag) bool {
			return setting.Field(f.Name) == field && (setting.Has(f, setting.InFile) || setting.Has(f, setting.InNamedFile))
		}
		if f := flags.Lookup(setting.Flag(field)); f != nil && suits(f) {
			return f
		}
		return setting.Find(s.commands(), suits)
	}
}

// configPath is squire.yaml's path, whether it is there or not.
func (s *settings) configPath() string {
	if s.config == "" {
		return "squire.yaml"
	}
	return s.config
}

// squire says where squire's own names are.
func (s *session) squire() named.Settings {
	set := &s.settings
	return named.Settings{
		Variables:    set.variables,
		Environment:  set.environment,
		Timeout:      set.timeout,
		LookupEnv:    s.lookupEnv,
		Warn:         s.warn,
		Server:       set.server.url,
		TokenFile:    set.server.tokenFile,
		CACert:       set.server.caCert,
		InsecureHTTP: set.server.insecureHTTP,
		CacheDir:     set.server.cache,
		CacheMaxAge:  set.server.cacheMaxAge,
		Offline:      set.server.offline,
	}
}

// warn says what does not stop the work.
func (s *session) warn(text string) {
	if !s.repeats.told(text) {
		s.messages.Warnf("%s", text)
	}
}

func (s *session) lookupEnv(name string) (string, bool) {
	if s.local == nil {
		s.local = make(map[string]string, len(s.environ))
		for _, kv := range s.environ {
			if n, text, ok := strings.Cut(kv, "="); ok {
				if _, twice := s.local[n]; !twice { // the first wins, as in libc's getenv
					s.local[n] = text
				}
			}
		}
	}
	text, ok := s.local[name]
	return text, ok
}
