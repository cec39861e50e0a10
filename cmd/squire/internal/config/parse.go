package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider"
)

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
	return plan.Source{Kind: plan.Dotenv, From: from, Path: path}, cli.CheckShell(path, path)
}

// presentSource is a fileSource that must be there if its name holds =.
func presentSource(path, from string) (plan.Source, error) {
	s, err := fileSource(path, from)
	if err == nil {
		err = checkPath(path)
	}
	return s, err
}

// checkPath refuses a path that holds = and is not there: it may be an
// assignment, and the error of a read would hold the value.
func checkPath(path string) error {
	if !strings.Contains(path, "=") {
		return nil
	}
	_, err := os.Stat(path)
	if err == nil {
		return nil
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("a path that holds = (not shown): %w", err)
}

// defaultSearch stands for the file name of --dotenv-name, which may come after
// --dotenv.
const defaultSearch = "\x00"

// searchSource is searched for upward from start.
func searchSource(start, from string) (plan.Source, error) {
	if start == "" {
		return plan.Source{}, errors.New("want the folder where the search starts, or --dotenv alone")
	}
	return plan.Source{Kind: plan.Dotenv, From: from, Path: start, Search: defaultSearch}, errors.Join(cli.CheckShell(start, start), checkPath(start))
}

// ifExists makes a source that may be absent.
func ifExists(parse func(text, from string) (plan.Source, error)) func(text, from string) (plan.Source, error) {
	return func(text, from string) (plan.Source, error) {
		s, err := parse(text, from)
		s.Optional, s.Ref.Optional = s.Kind != plan.Named, s.Kind == plan.Named
		return s, err
	}
}
