package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
	"github.com/squire-env/squire/resolve/provider"
	"github.com/squire-env/squire/resolve/provider/squire"
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
	add("secret", "s", "REF", "a named secret: [SCHEME://]PATH[:KEY,...] with required keys, or PATH#KEY[=AS],... for these keys alone", secretSource)
	add("secret-if-exists", "", "REF", "the same; none is no error", ifExists(secretSource))
	add("env", "e", "KEY=VALUE|KEY", "a literal, or a variable copied from the local environment", numbered(envSource))
	add("env-file", "f", "PATH", "this .env file", fileSource)
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
	setting.Annotate(f, []string{"env"}, setting.Adds)
	setting.Annotate(f, []string{"env-file-format", "dotenv-name", "dotenv-lenient", "interpolate", "clean", "unset"}, setting.InFile, refreshed)
	setting.Annotate(f, []string{"require", "preserve-env", "on-conflict", "allow-name"}, setting.InFile, setting.Guarded, refreshed)
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

// variableSources are the sources by variables: .env files before secrets, and
// what is copied from the local environment last.
func variableSources(given setting.Variables, f *pflag.FlagSet) (all []plan.Source, err error) {
	if given.None() || !hasSources(f) {
		return nil, nil
	}
	var errs []error
	for _, name := range [...]string{"dotenv", "env-file", "env-file-if-exists", "secret", "secret-if-exists", "env"} {
		flag := f.Lookup(name)
		from := setting.Variable(squire.Prefix, flag)
		for _, text := range variableTexts(name, given.Of(flag)) {
			s, err := flag.Value.(*sourceFlag).parse(text, from)
			if err == nil && s.Kind == plan.Dict { // of --env: a variable of variables has no values
				_, err = copySource([]string{text}, from)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", from, err))
				continue
			}
			all = append(all, s)
		}
	}
	return all, errors.Join(errs...)
}

// variableTexts are the sources in a variable: several, split on white space,
// but for SQUIRE_DOTENV, which is a boolean or a path.
func variableTexts(flag, text string) []string {
	if flag != "dotenv" {
		return strings.Fields(text)
	}
	switch text {
	case "", "0", "false":
		return nil
	case "1", "true":
		return []string{"."}
	}
	return []string{text}
}

func secretSource(text, from string) (plan.Source, error) {
	ref, err := resolve.ParseRef(text)
	if err == nil {
		err = provider.Check(ref)
	}
	return plan.Source{Kind: plan.Named, From: from, Ref: ref}, err
}

// numbered says of a literal which it is, since nothing of it may be shown.
func numbered(parse func(text, from string) (plan.Source, error)) func(text, from string) (plan.Source, error) {
	n := 0
	return func(text, from string) (plan.Source, error) {
		n++
		s, err := parse(text, from)
		if s.Kind == plan.Dict {
			s.From = fmt.Sprintf("%s (number %d)", from, n)
		}
		return s, err
	}
}

// envSource is KEY=VALUE, or KEY to copy.
func envSource(text, from string) (plan.Source, error) {
	key, literal, ok := strings.Cut(text, "=")
	if !ok {
		return copySource([]string{text}, from)
	}
	if key == "" {
		return plan.Source{}, errors.New("want KEY=VALUE or KEY; there is nothing before the =")
	}
	v := resolve.NewValue(literal)
	return plan.Source{Kind: plan.Dict, From: from, Dict: map[string]*resolve.Value{key: &v}}, nil
}

func copySource(keys []string, from string) (plan.Source, error) {
	for _, key := range keys {
		if key == "" || strings.ContainsAny(key, "=\x00") {
			return plan.Source{}, errors.New("want names of variables to copy, without =")
		}
	}
	return plan.Source{Kind: plan.LocalEnviron, From: from, Names: keys}, nil
}

func fileSource(path, from string) (plan.Source, error) {
	if path == "" {
		return plan.Source{}, errors.New("want the path of a .env file")
	}
	if name, _, assigns := strings.Cut(path, "="); assigns && resolve.CheckKey(name) == nil {
		return plan.Source{}, resolve.WithHint(errors.New("want the path of a .env file, and this looks like KEY=VALUE (not shown)"),
			"-e KEY=VALUE; a file of such a name: -f ./KEY=VALUE")
	}
	return plan.Source{Kind: plan.Dotenv, From: from, Path: path}, nil
}

// defaultSearch stands for the file name of --dotenv-name, which may come after
// --dotenv.
const defaultSearch = "\x00"

// searchSource is searched for upward from start.
func searchSource(start, from string) (plan.Source, error) {
	return plan.Source{Kind: plan.Dotenv, From: from, Path: start, Search: defaultSearch}, nil
}

// ifExists makes a source that may be absent.
func ifExists(parse func(text, from string) (plan.Source, error)) func(text, from string) (plan.Source, error) {
	return func(text, from string) (plan.Source, error) {
		s, err := parse(text, from)
		s.Optional, s.Ref.Optional = s.Kind != plan.Named, s.Kind == plan.Named
		return s, err
	}
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
