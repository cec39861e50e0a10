package config

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve/dotenv"
)

// planFlags are the flags that make a plan.
type planFlags struct {
	sources []plan.Source
	dotenv  plan.DotenvOptions
	search  string // the file name that --dotenv searches for
	merge   inject.Options
}

// clone shares no list that a flag appends to.
func (p *planFlags) clone() planFlags {
	c := *p
	for _, list := range []*[]string{&c.merge.Require, &c.merge.Preserve, &c.merge.AllowNames, &c.merge.Unset} {
		*list = slices.Clip(*list)
	}
	return c
}

// refreshed is the mark of a flag that a refresh takes from squire.yaml again.
const refreshed setting.Mark = "squire_refreshed"

// SourceFlags defines the flags of a command that has a plan.
func (c *Config) SourceFlags(f *pflag.FlagSet) {
	p := &c.plan
	add := func(name, short, kind, help string, parse func(text, from string) (plan.Source, error)) {
		f.VarP(&sourceFlag{&p.sources, kind, "--" + name, parse}, name, short, help)
	}
	add("secret", "s", "REF", "a named secret: [ENVIRONMENT/]NAME[:KEY,...] with required keys, or [ENVIRONMENT/]NAME#KEY[=AS],... for these keys alone", secretSource)
	add("secret-if-exists", "", "REF", "the same; none is no error", ifExists(secretSource))
	add("env", "e", "KEY=VALUE|KEY", "a literal, or a variable copied from the local environment", numbered(envSource))
	add("env-file", "f", "PATH", "this .env file", presentSource)
	add("env-file-if-exists", "", "PATH", "the same; none is no error", ifExists(fileSource))
	add("dotenv", "", "PATH", "search upward for a .env file, from here or with --dotenv=PATH from there", searchSource)
	f.Lookup("dotenv").NoOptDefVal = "."
	f.Var(cli.OneOf(&p.dotenv.Format, dotenv.Dotenv, dotenv.Docker), "env-file-format", "dialect of all .env files: dotenv or docker")
	f.StringVar(&p.search, "dotenv-name", ".env", "file name that --dotenv searches for")
	f.BoolVar(&p.dotenv.Lenient, "dotenv-lenient", false, "skip bad lines of .env files, with a warning each")
	f.Var(cli.OneOf(&p.dotenv.Interpolate, plan.All, plan.Local, plan.None), "interpolate", "what ${NAME} in a .env file sees: all (earlier sources, then the local environment), local or none")
	f.Var(cli.Words(&p.merge.Require), "require", "a variable that the result must have, from any source")
	f.Var(preserveFlag{&p.merge}, "preserve-env", "let inherited variables win: all, or with --preserve-env=A,B these")
	f.Lookup("preserve-env").NoOptDefVal = "true"
	f.BoolVar(&p.merge.Clean, "clean", false, "inherit nothing")
	f.Var(cli.Words(&p.merge.Unset), "unset", "do not inherit this variable")
	f.Var(cli.OneOf(&p.merge.OnConflict, inject.Override, inject.Fail, inject.Keep), "on-conflict", "a name in two sources: override, error or keep")
	f.Var(cli.Words(&p.merge.AllowNames), "allow-name", "let named secrets set this variable, although it controls a loader or an interpreter")
	f.BoolVar(&p.merge.KeepCredentials, "keep-credentials", false, "let the command inherit SQUIRE_TOKEN and other credentials of squire")

	setting.List(f, "secret", "SECRETS", setting.Adds, setting.Guarded)
	setting.List(f, "secret-if-exists", "SECRETS_IF_EXISTS", setting.Adds, setting.Guarded)
	setting.List(f, "env-file", "ENV_FILES", setting.Adds, setting.Guarded)
	setting.List(f, "env-file-if-exists", "ENV_FILES_IF_EXISTS", setting.Adds, setting.Guarded)
	setting.Annotate(f, []string{"dotenv"}, setting.Adds, setting.Guarded)
	setting.Annotate(f, []string{"env"}, setting.Adds, setting.Guarded)
	setting.Annotate(f, []string{"env-file-format", "dotenv-name", "dotenv-lenient", "interpolate", "clean"}, setting.InFile, setting.Guarded, refreshed)
	setting.Annotate(f, []string{"unset"}, setting.InFile, setting.Several, setting.Guarded, refreshed)
	setting.Annotate(f, []string{"on-conflict"}, setting.InFile, setting.Guarded, refreshed)
	setting.Annotate(f, []string{"require", "preserve-env", "allow-name"}, setting.InFile, setting.Several, setting.Guarded, refreshed)
}

// hasSources reports whether a command has a plan. Another one may have a flag of
// the same name.
func hasSources(f *pflag.FlagSet) bool {
	secret := f.Lookup("secret")
	return secret != nil && setting.Has(secret, setting.Adds)
}

// sourceFlag appends to the one list of all source flags, so that their order
// counts.
type sourceFlag struct {
	list  *[]plan.Source
	kind  string
	from  string
	parse func(text, from string) (plan.Source, error)
}

func (f *sourceFlag) String() string { return "" }
func (f *sourceFlag) Type() string   { return f.kind }
func (f *sourceFlag) Set(text string) error {
	s, err := f.parse(text, f.from)
	if err == nil {
		*f.list = append(*f.list, s)
	}
	return err
}

// preserveFlag is --preserve-env[=A,B].
type preserveFlag struct{ merge *inject.Options }

func (p preserveFlag) String() string { return "" }
func (p preserveFlag) Type() string   { return "NAME,..." }
func (p preserveFlag) Set(text string) error {
	switch text {
	case "true", "1":
		p.merge.PreserveAll = true
		return nil
	case "false", "0":
		p.merge.PreserveAll, p.merge.Preserve = false, nil
		return nil
	}
	return cli.Words(&p.merge.Preserve).Set(strings.TrimSpace(text))
}
