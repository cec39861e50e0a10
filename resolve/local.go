package resolve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/squire-env/squire/resolve/dotenv"
)

// FromDict is a secret with these variables. Nil values are ignored.
func FromDict(dict map[string]*string) *Secret {
	vars := make([]Var, 0, len(dict))
	for _, name := range slices.Sorted(maps.Keys(dict)) {
		if text := dict[name]; text != nil {
			vars = append(vars, Var{Name: name, Value: NewValue(*text)})
		}
	}
	return fromVars(vars)
}

// FromMap is FromDict of plain strings.
func FromMap(dict map[string]string) *Secret {
	vars := make([]Var, 0, len(dict))
	for _, name := range slices.Sorted(maps.Keys(dict)) {
		vars = append(vars, Var{Name: name, Value: NewValue(dict[name])})
	}
	return fromVars(vars)
}

// FromValues is FromDict of values that do not print.
func FromValues(dict map[string]*Value) *Secret {
	vars := make([]Var, 0, len(dict))
	for name, v := range dict {
		if v != nil {
			vars = append(vars, Var{Name: name, Value: *v})
		}
	}
	return fromVars(vars)
}

func fromVars(vars []Var) *Secret {
	return &Secret{source: "dict", local: func(context.Context, *Client) ([]Var, error) { return vars, nil }}
}

// FromLocalEnviron is a secret with these variables of the local environment.
// Where some are not set, the error lists all that are not.
func FromLocalEnviron(keys ...string) *Secret {
	s := &Secret{source: "local environment"}
	s.local = func(_ context.Context, c *Client) ([]Var, error) {
		var vars []Var
		var missing []string
		for _, key := range keys {
			text, ok := c.lookupEnv(key)
			switch {
			case !ok:
				missing = append(missing, usualName(key))
			case !slices.ContainsFunc(vars, func(v Var) bool { return v.Name == key }):
				vars = append(vars, Var{Name: key, Value: NewValue(text)})
			}
		}
		switch {
		case missing == nil, s.ref.Optional && vars != nil:
			return vars, nil
		case s.ref.Optional:
			return nil, fs.ErrNotExist
		}
		return nil, fmt.Errorf("%w in the local environment: %s", ErrMissingKeys, strings.Join(missing, ", "))
	}
	return s
}

// loadLocal reads a local secret. Where an optional one does not exist, it is
// absent.
func (s *Secret) loadLocal(ctx context.Context, c *Client) (*Layer, error) {
	l := &Layer{Source: s.source, Label: s.source}
	vars, err := s.local(ctx, c)
	if s.ref.Optional && errors.Is(err, fs.ErrNotExist) {
		l.Absent = true
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	l.Vars, err = s.ref.Selection.apply(s.source, vars)
	return l, err
}

// DotenvOption is an option of FromDotenv.
type DotenvOption func(*dotenvSource)

type dotenvSource struct {
	start, name, file string
	format            dotenv.Format
	skipped           func(error)
	parser            func(*dotenv.Options)
}

// DotenvPath starts the search in a folder, or in the folder of a file,
// instead of the working directory.
func DotenvPath(path string) DotenvOption { return func(d *dotenvSource) { d.start = path } }

// DotenvName searches for another file name than .env, such as .env-dev.
func DotenvName(name string) DotenvOption { return func(d *dotenvSource) { d.name = name } }

// DotenvFile reads this file and searches nothing.
func DotenvFile(path string) DotenvOption { return func(d *dotenvSource) { d.file = path } }

// DotenvFormat reads another dialect than python-dotenv's.
func DotenvFormat(f dotenv.Format) DotenvOption { return func(d *dotenvSource) { d.format = f } }

// DotenvLenient skips bad statements, and tells of each, instead of refusing
// the file.
func DotenvLenient(skipped func(error)) DotenvOption {
	return func(d *dotenvSource) { d.skipped = skipped }
}

// DotenvParser adjusts the options of the parser, the last thing before the file
// is parsed.
func DotenvParser(adjust func(*dotenv.Options)) DotenvOption {
	return func(d *dotenvSource) { d.parser = adjust }
}

// FromDotenv is a secret with the variables of a .env file, which is searched
// for from the working directory upward. The dialect is package dotenv's.
func FromDotenv(options ...DotenvOption) *Secret {
	d := dotenvSource{name: ".env"}
	for _, o := range options {
		o(&d)
	}
	label := d.file
	if label == "" {
		label = d.name
	}
	return &Secret{source: label, local: d.load, files: d.files}
}

func (d *dotenvSource) files() []string {
	if d.file != "" {
		return []string{d.file}
	}
	return dotenv.Candidates(d.start, d.name)
}

func (d *dotenvSource) load(ctx context.Context, c *Client) ([]Var, error) {
	path := d.file
	if path == "" {
		start := d.start
		if start == "" {
			start = "."
		}
		found, err := dotenv.Find(start, d.name)
		if err != nil {
			return nil, err
		}
		path = found
		if wd, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(wd, found); err == nil && !strings.HasPrefix(rel, "..") {
				path = rel // shorter in messages
			}
		}
	}
	data, err := dotenv.ReadFile(ctx, path)
	if err != nil {
		return nil, err
	}
	options := dotenv.Options{File: path, Format: d.format, Lookup: c.lookupEnv}
	if d.skipped != nil {
		options.Skipped = func(f dotenv.Fault) { d.skipped(f) }
	}
	if d.parser != nil {
		d.parser(&options)
	}
	parsed, err := dotenv.Parse(data, options)
	if err != nil {
		return nil, err
	}
	vars := make([]Var, len(parsed))
	for i, p := range parsed {
		vars[i] = Var{Name: p.Name, Value: NewValue(p.Value), Where: Place{path, p.Line, p.Column}}
	}
	return vars, nil
}
