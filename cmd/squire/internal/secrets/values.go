package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/dotenv"
)

// valueInput are the flags that say where the values of a secret come from.
type valueInput struct {
	fromDotenv, fromJSON string
	verbatim             bool
}

func (in *valueInput) flags(f *pflag.FlagSet) {
	f.Var(&once{path: &in.fromDotenv}, "from-dotenv", "read the variables of this .env file; - is standard input. ${NAME} in it is replaced")
	f.Var(&once{path: &in.fromJSON}, "from-json", "read the keys of this JSON object of strings, or of what secret get --json --reveal prints; - is standard input")
	f.BoolVar(&in.verbatim, "verbatim", false, "keep the final newline of standard input")
}

// once is a text flag that refuses a second file, whose values would take the
// place of the first's.
type once struct {
	path  *string
	given bool
}

func (f *once) String() string {
	if f.path == nil {
		return ""
	}
	return *f.path
}
func (f *once) Type() string { return "file" }
func (f *once) Set(path string) error {
	if f.given {
		return errors.New("it can be given once; secret update takes the next file")
	}
	*f.path, f.given = path, true
	return nil
}

func (in *valueInput) empty() bool { return in.fromDotenv == "" && in.fromJSON == "" }

// readValues reads the values to store: those of files first, then those of
// arguments, which win. All faults are reported at once, and nothing is stored
// then.
func readValues(ctx context.Context, a *app.App, in valueInput, args []string) (api.EnvChanges, error) {
	if err := readsStdinOnce(in, args); err != nil {
		return nil, err
	}
	values := api.EnvChanges{}
	var errs []error
	if in.fromDotenv != "" {
		errs = append(errs, readDotenv(ctx, a, in.fromDotenv, values))
	}
	if in.fromJSON != "" {
		errs = append(errs, readJSON(ctx, a, in.fromJSON, values))
	}
	if len(args)+len(values) == 0 && !in.empty() && errors.Join(errs...) == nil {
		return nil, errors.New("the input has no keys, so nothing was stored")
	}
	typed := map[string]bool{}
	for i, arg := range args {
		key, text, ok := strings.Cut(arg, "=")
		switch {
		case !ok:
			errs = append(errs, cli.Usagef("argument %d: want %s", i+2, valueForms))
			continue
		case typed[key]:
			errs = append(errs, cli.Usagef("argument %d: duplicate key", i+2))
			continue
		}
		if err := resolve.CheckKey(key); err != nil {
			errs = append(errs, cli.Usage(err))
			continue
		}
		typed[key] = true
		switch {
		case text == "-":
			read, err := readStdin(ctx, a, key, in.verbatim)
			errs = append(errs, err)
			text = read
		case strings.HasPrefix(text, "@"):
			data, err := readNamed(ctx, key+"=@FILE", text[1:], maxValue)
			if err != nil {
				hint := "to store a value that begins with @, use standard input: " + key + "=-"
				if strings.HasPrefix(text, "@~/") {
					hint = "no shell replaces ~ after @: " + key + "=@\"$HOME/FILE\""
				}
				errs = append(errs, resolve.WithHint(err, "%s", hint))
				continue
			}
			text = string(data)
		}
		v := resolve.NewValue(text)
		values[key] = &v
	}
	return values, errors.Join(errs...)
}

// readsStdinOnce is checked before anything is read, so that nobody types a value
// into an editor for nothing.
func readsStdinOnce(in valueInput, args []string) error {
	var readers []string
	if in.fromDotenv == "-" {
		readers = append(readers, "--from-dotenv -")
	}
	if in.fromJSON == "-" {
		readers = append(readers, "--from-json -")
	}
	for _, arg := range args {
		if key, ok := strings.CutSuffix(arg, "=-"); ok && resolve.CheckKey(key) == nil {
			readers = append(readers, arg)
		}
	}
	if len(readers) > 1 {
		return cli.Usagef("%s: standard input can be read once", readers[1])
	}
	return nil
}

func readDotenv(ctx context.Context, a *app.App, path string, into api.EnvChanges) error {
	var data []byte
	if path == "-" {
		var err error
		if data, err = readPiped(a, "--from-dotenv -", dotenv.MaxFile); err != nil {
			return err
		}
		path = "standard input"
	}
	var warnings plan.Warnings
	client := resolve.NewClient(resolve.ClientConfig{LookupEnv: a.LookupEnv})
	layers, err := client.Resolve(ctx, resolve.FromDotenv(resolve.DotenvData(data), resolve.DotenvFile(path), resolve.DotenvParser(func(o *resolve.DotenvOptions) {
		o.Unset = func(u resolve.DotenvUnset) {
			warnings.Unset(resolve.Place{File: path, Line: u.Line, Column: u.Column}, u)
		}
	})))
	if err != nil {
		return err
	}
	for _, v := range layers[0].Vars {
		if err := resolve.CheckKey(v.Name); err != nil {
			return fmt.Errorf("%s: %w", v.Where, err)
		}
		if v.NoValue {
			warnings.NoValue(v)
		}
		into[v.Name] = &v.Value
	}
	warnings.Report(a.Messages.Warn)
	return nil
}

// readJSON reads one object of strings. A null is ignored, as nil in a dict.
func readJSON(ctx context.Context, a *app.App, path string, into api.EnvChanges) error {
	var data []byte
	var err error
	if path == "-" {
		data, err = readPiped(a, "--from-json -", maxJSON)
	} else {
		data, err = readNamed(ctx, "--from-json", path, maxJSON)
	}
	if err != nil {
		return err
	}
	if err := dotenv.CheckUTF8(data, ""); err != nil {
		return fmt.Errorf("--from-json: %w", err)
	}
	var read api.EnvChanges
	data, err = ownJSON(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err == nil {
		err = read.UnmarshalJSON(data)
	}
	if err != nil {
		var all []error
		for _, fault := range resolve.Faults(err) {
			all = append(all, fmt.Errorf("--from-json: %w", fault))
		}
		return errors.Join(all...)
	}
	for k, v := range read {
		if v != nil {
			into[k] = v
		}
	}
	return nil
}

// Limits of what is read, in bytes: a value with a newline, and a secret with
// room for escapes.
const (
	maxValue = resolve.MaxStringLength + 2
	maxJSON  = 8 * resolve.MaxSecretLength
)

// fileTimeout bounds the wait for a FIFO.
const fileTimeout = 30 * time.Second

// readNamed reads a file. Its name may be a value that was given by mistake, so
// an error names the argument and not the file.
func readNamed(ctx context.Context, what, path string, limit int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	data, err := dotenv.ReadFile(ctx, path)
	var at *fs.PathError
	switch {
	case errors.As(err, &at):
		return nil, fmt.Errorf("%s: %w", what, at.Err)
	case errors.Is(err, dotenv.ErrNotFile):
		return nil, fmt.Errorf("%s: %w", what, dotenv.ErrNotFile)
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("%s: reading timed out: %w", what, context.Cause(ctx))
	case err != nil, len(data) > limit:
		return nil, tooLarge(what, limit)
	}
	return data, nil
}

func readAll(what string, r io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = tooLarge(what, limit)
	}
	return data, err
}

// readPiped reads an import from standard input. A terminal would show what is
// typed, and keep it.
func readPiped(a *app.App, what string, limit int) ([]byte, error) {
	if _, ok := cli.Terminal(a.Stdin); ok {
		return nil, resolve.WithHint(cli.Usagef("%s: standard input is a terminal", what), "%s < FILE", what)
	}
	data, err := readAll(what, a.Stdin, limit)
	if err == nil && len(bytes.TrimSpace(data)) == 0 {
		err = fmt.Errorf("%s: standard input is empty, so nothing was stored", what)
	}
	return data, err
}

func tooLarge(what string, limit int) error {
	return fmt.Errorf("%s: more than %d bytes", what, limit)
}

// readStdin reads the value of KEY=-.
func readStdin(ctx context.Context, a *app.App, key string, verbatim bool) (string, error) {
	var data []byte
	var err error
	if _, ok := cli.Terminal(a.Stdin); ok {
		if data, err = edit(ctx, a, key); errors.Is(err, errUntouched) {
			err = resolve.WithHint(fmt.Errorf("%s=-: %w", key, err), "%s= stores an empty value", key)
		}
	} else {
		data, err = readAll(key+"=-", a.Stdin, maxValue)
	}
	if err != nil {
		return "", err
	}
	text := string(data)
	if text == "" && !verbatim {
		return "", resolve.WithHint(fmt.Errorf("%s=-: standard input is empty, so nothing was stored", key), "%s= stores an empty value", key)
	}
	if !verbatim && strings.HasSuffix(text, "\n") {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		a.Messages.Warnf("%s: the final newline was dropped; --verbatim keeps it", key)
	}
	return text, nil
}
