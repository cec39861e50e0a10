package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
	"github.com/squire-env/squire/resolve/provider"
)

// source is one entry of the ordered list.
type source struct {
	// secret makes the Secret when all flags are known, since some count for
	// every .env file, wherever they stand.
	secret func(*fileOptions) *resolve.Secret
	// onChange is what a change of it does. Nil: what --on-change says.
	onChange *change.Action
}

// fileOptions are how .env files are read.
type fileOptions struct {
	format  dotenv.Format
	name    string // that --dotenv searches for
	lenient bool
	skipped func(error) // is told of each bad statement, where lenient
	// pipes are the files that can be read but once, by path: a refresh has
	// what they gave at the start. Nil: there will be no refresh.
	pipes map[string]*resolve.Secret
}

func (o *fileOptions) dotenv(more ...resolve.DotenvOption) []resolve.DotenvOption {
	options := []resolve.DotenvOption{resolve.DotenvFormat(o.format)}
	if o.lenient {
		options = append(options, resolve.DotenvLenient(o.skipped))
	}
	return append(options, more...)
}

// secretSource is -s: [ENVIRONMENT/]NAME[:KEY,KEY...].
func secretSource(text string) (source, error) {
	ref, err := resolve.ParseRef(text)
	if err == nil {
		err = provider.Check(ref)
	}
	return namedSource(ref), err
}

func namedSource(ref resolve.Ref) source {
	return source{secret: func(*fileOptions) *resolve.Secret { return resolve.FromRef(ref) }}
}

// envSource is -e: KEY=VALUE, or KEY to copy; it is the nth of them.
func envSource(text string, n int) (source, error) {
	if key, value, literal := strings.Cut(text, "="); literal {
		if key == "" {
			return source{}, errors.New("want KEY=VALUE or KEY; there is nothing before the =")
		}
		return dictSource(map[string]*string{key: &value}, fmt.Sprintf("--env (number %d)", n)), nil
	}
	return copySource([]string{text}, "local environment")
}

func copySource(keys []string, label string) (source, error) {
	for _, key := range keys {
		if key == "" || strings.ContainsAny(key, "=\x00") {
			return source{}, errors.New("want names of variables to copy, without =")
		}
	}
	return source{secret: func(*fileOptions) *resolve.Secret { return resolve.FromLocalEnviron(keys...).Labelled(label) }}, nil
}

func dictSource(dict map[string]*string, label string) source {
	return source{secret: func(*fileOptions) *resolve.Secret { return resolve.FromDict(dict).Labelled(label) }}
}

// fileSource is -f: this file.
func fileSource(path string) (source, error) {
	if path == "" {
		return source{}, errors.New("want the path of a .env file")
	}
	if name, _, assigns := strings.Cut(path, "="); assigns && resolve.CheckKey(name) == nil {
		return source{}, resolve.WithHint(errors.New("want the path of a .env file, and this looks like KEY=VALUE (not shown)"),
			"-e KEY=VALUE; a file of such a name: -f ./KEY=VALUE")
	}
	return source{secret: func(o *fileOptions) *resolve.Secret { return o.file(path) }}, nil
}

// file is the secret of a file. A FIFO, such as a shell makes of <(command), is
// read once, however often the sources are resolved, and may be gone after that.
// Where a file takes its place, that counts.
func (o *fileOptions) file(path string) *resolve.Secret {
	fresh := resolve.FromDotenv(o.dotenv(resolve.DotenvFile(path))...)
	if o.pipes == nil {
		return fresh
	}
	info, err := os.Stat(path)
	isPipe := err == nil && info.Mode().Type() == fs.ModeNamedPipe
	if known := o.pipes[path]; known != nil && (isPipe || err != nil) {
		return known
	}
	if isPipe {
		o.pipes[path] = fresh
	}
	return fresh
}

// searchSource is --dotenv: searched for upward from start.
func searchSource(start, name string) source {
	return source{secret: func(o *fileOptions) *resolve.Secret {
		search := o.name
		if name != "" {
			search = name
		}
		return resolve.FromDotenv(o.dotenv(resolve.DotenvPath(start), resolve.DotenvName(search))...)
	}}
}

// list are the sources that variables name: env files before secrets, and what
// is copied from the local environment last.
func variableSources(texts map[string]string) ([]source, error) {
	var all []source
	var errs []error
	add := func(variable string, parse func(string) (source, error), texts ...string) {
		for _, text := range texts {
			s, err := parse(text)
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
		all = append(all, searchSource(".", ""))
	default:
		all = append(all, searchSource(start, ""))
	}
	add("ENV_FILES", fileSource, strings.Fields(texts["env-file"])...)
	add("SECRETS", secretSource, strings.Fields(texts["secret"])...)
	add("ENV", func(key string) (source, error) { return copySource([]string{key}, "local environment") }, strings.Fields(texts["env"])...)
	return all, errors.Join(errs...)
}

// sourceFlag appends to the one list that all source flags share, so that
// their order across flags holds.
type sourceFlag struct {
	list  *[]source
	kind  string
	parse func(string) (source, error)
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
