package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider"
)

// searchedLater stands for the file name that --dotenv-name gives, which may come
// after --dotenv.
const searchedLater = "\x00"

// secretSource is -s: [SCHEME://]PATH[:KEY,KEY...].
func secretSource(text, from string) (plan.Source, error) {
	ref, err := resolve.ParseRef(text)
	if err == nil {
		err = provider.Check(ref)
	}
	return plan.Source{Kind: plan.Named, From: from, Ref: ref}, err
}

// envSource is -e: KEY=VALUE, or KEY to copy; it is the nth of them.
func envSource(text string, n int) (plan.Source, error) {
	if key, literal, ok := strings.Cut(text, "="); ok {
		if key == "" {
			return plan.Source{}, errors.New("want KEY=VALUE or KEY; there is nothing before the =")
		}
		v := resolve.NewValue(literal)
		return plan.Source{Kind: plan.Dict, From: fmt.Sprintf("--env (number %d)", n), Dict: map[string]*resolve.Value{key: &v}}, nil
	}
	return copySource([]string{text}, "--env")
}

func copySource(keys []string, from string) (plan.Source, error) {
	for _, key := range keys {
		if key == "" || strings.ContainsAny(key, "=\x00") {
			return plan.Source{}, errors.New("want names of variables to copy, without =")
		}
	}
	return plan.Source{Kind: plan.LocalEnviron, From: from, Names: keys}, nil
}

// fileSource is -f: this file.
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

// searchSource is --dotenv: searched for upward from start.
func searchSource(start, from string) (plan.Source, error) {
	return plan.Source{Kind: plan.Dotenv, From: from, Path: start, Search: searchedLater}, nil
}

// list are the sources that variables name: env files before secrets, and what
// is copied from the local environment last.
func variableSources(texts map[string]string) ([]plan.Source, error) {
	var all []plan.Source
	var errs []error
	add := func(variable string, parse func(text, from string) (plan.Source, error), texts ...string) {
		for _, text := range texts {
			s, err := parse(text, variablePrefix+variable)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s%s: %w", variablePrefix, variable, err))
				continue
			}
			all = append(all, s)
		}
	}
	switch start := texts["dotenv"]; start {
	case "", "0", "false":
	case "1", "true":
		add("DOTENV", searchSource, ".")
	default:
		add("DOTENV", searchSource, start)
	}
	add("ENV_FILES", fileSource, strings.Fields(texts["env-file"])...)
	add("SECRETS", secretSource, strings.Fields(texts["secret"])...)
	add("ENV", func(key, from string) (plan.Source, error) { return copySource([]string{key}, from) }, strings.Fields(texts["env"])...)
	return all, errors.Join(errs...)
}

// sourceFlag appends to the one list that all source flags share, so that
// their order across flags holds.
type sourceFlag struct {
	list  *[]plan.Source
	kind  string
	parse func(string) (plan.Source, error)
}

func (f sourceFlag) String() string { return "" }
func (f sourceFlag) Type() string   { return f.kind }
func (f sourceFlag) Set(text string) error {
	s, err := f.parse(text)
	if err == nil {
		*f.list = append(*f.list, s)
	}
	return err
}

// under takes a path of squire.yaml from that file's folder.
func under(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
