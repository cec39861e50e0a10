// Package config makes settings and one plan.Plan of what a user asked for: of
// flags, of SQUIRE_ variables and of squire.yaml, with one precedence.
//
// Start with Config: GlobalFlags and SourceFlags define the flags, Load completes
// them for the command that was called, Plan is what is to be resolved, and
// Reload is the Plan as squire.yaml has it later.
//
// It promises:
//
//   - A setting comes from its flag, else from its variable, else from
//     squire.yaml, else from its default. Sources add up: first those of
//     squire.yaml, then of variables, then of flags.
//   - No error holds a value. Those about squire.yaml have its path and a line.
//   - Without SQUIRE_ variables and squire.yaml it has next to nothing to do.
//
// It makes no promise of compatibility.
package config

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider/squire"
)

// Config is what the command that was called is to do. Its fields count after
// Load.
type Config struct {
	// Commands are all of squire: a field of squire.yaml, or a variable, that the
	// command that was called does not know may be that of another one.
	Commands func() *cobra.Command
	// Warn reports problems that do not stop the work.
	Warn func(text string)

	Environment      string // the active one
	EnvironmentTyped bool   // it was given by -E
	LogLevel         string
	LogFormat        string
	Timeout          time.Duration
	Squire           squire.Settings // the store of secrets, embedded or served

	commands  *cobra.Command // once they were needed
	path      string         // --config
	plan      planFlags      // of commands that have a plan
	variables []plan.Source  // by variables
	file      *file          // squire.yaml; nil: there is none

	// What a refresh starts from: everything but squire.yaml.
	flags  *pflag.FlagSet
	home   string
	higher map[string]bool // what flags and variables have set, which squire.yaml must not
	base   planFlags       // as flags and variables have it
	first  *file           // as it was at the start
}

// GlobalFlags defines the flags of every command.
func (c *Config) GlobalFlags(f *pflag.FlagSet) {
	f.StringVarP(&c.Environment, "environment", "E", "", "the active environment (default main)")
	f.StringVar(&c.path, "config", "", "file of settings and sources, or none (default: the nearest squire.yaml upward)")
	f.Var(cli.OneOf(&c.LogLevel, "warn", "debug", "info", "error"), "log-level", "minimum log level: debug, info, warn or error")
	f.Var(cli.OneOf(&c.LogFormat, "text", "json"), "log-format", "text or json")
	f.DurationVar(&c.Timeout, "timeout", 30*time.Second, "for resolving all secrets together")
	setting.Annotate(f, []string{"environment"}, setting.InFile, setting.Guarded, setting.Inherited)
	setting.Annotate(f, []string{"config"}, setting.Guarded)
	setting.Annotate(f, []string{"log-level", "log-format", "timeout"}, setting.InFile)
	c.serverFlags(f)
}

// Load completes the flags of the command that was called: what was not typed
// comes from its variable, else from squire.yaml.
func (c *Config) Load(ctx context.Context, flags *pflag.FlagSet, environ []string) error {
	c.flags, c.EnvironmentTyped = flags, flags.Changed("environment")
	if err := c.readVariables(environ); err != nil {
		return cli.Usage(err)
	}
	if err := errors.Join(setting.CheckTexts(flags), c.checkVariables(), c.checkTimeout()); err != nil {
		return cli.Usage(err)
	}
	c.higher, c.base, c.home = setting.Changed(flags), c.plan.clone(), home(environ)
	var err error
	if c.file, err = c.readFile(ctx); err != nil {
		return err
	}
	if c.first = c.file; c.first != nil {
		if err := c.apply(c.first, func(string) bool { return true }); err != nil {
			return err
		}
	}
	if c.Environment == "" {
		c.Environment = resolve.DefaultEnvironment
	}
	c.Squire.Environment, c.Squire.Timeout = c.Environment, c.Timeout
	return cli.Usage(c.checkTimeout(), c.checkServer(), resolve.CheckEnvironment(c.Environment))
}

// checkVariables is CheckTexts for the paths that have no flag.
func (c *Config) checkVariables() error {
	v := &c.Squire.Variables
	var errs []error
	for _, path := range []struct{ variable, text string }{
		{"DATA_DIR", v.DataDir}, {"MASTER_KEY_FILE", v.MasterKeyFile}, {"CACHE_KEY_FILE", v.CacheKeyFile},
	} {
		if err := cli.CheckShell(path.text, path.text); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", squire.Prefix+path.variable, err))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) checkTimeout() error {
	if c.Timeout <= 0 {
		return errors.New("--timeout: want a duration above zero, such as 30s")
	}
	return nil
}

// apply sets those flags of a file that nothing of a higher rank has set, if they
// suit. A command without such a flag has no use for it, and one may have another
// flag of that name, which no file sets.
func (c *Config) apply(f *file, suits func(flag string) bool) error {
	if f == nil {
		return nil
	}
	var errs []error
	for _, s := range f.settings {
		switch flag := c.flags.Lookup(s.flag); {
		case flag == nil || !inFile(flag) || c.higher[s.flag] || !suits(s.flag):
		case !f.named && setting.Has(flag, setting.InNamedFile):
			errs = append(errs, notTrusted(f.path, s))
		default:
			errs = append(errs, setting.Set(c.flags, s.flag, s.text, s.where))
		}
	}
	return errors.Join(errs...)
}

// File is the path of the squire.yaml that was read; empty: none.
func (c *Config) File() string {
	if c.file == nil {
		return ""
	}
	return c.file.path
}

// Inherited is the environment for the commands that this one starts: without
// the settings of this one. What says where things are stays in it.
func (c *Config) Inherited(environ []string) []string {
	return setting.Inherit(squire.Prefix, c.flags, environ)
}
