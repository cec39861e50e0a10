package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// valueInput are the flags by which a secret's values come in.
type valueInput struct {
	fromDotenv, fromJSON string
	verbatim             bool
}

func (in *valueInput) flags(f *pflag.FlagSet) {
	f.StringVar(&in.fromDotenv, "from-dotenv", "", "take the variables of this .env file")
	f.StringVar(&in.fromJSON, "from-json", "", "take the keys of this JSON object of strings; - is standard input")
	f.BoolVar(&in.verbatim, "verbatim", false, "keep the final newline of standard input")
}

func (in *valueInput) empty() bool { return in.fromDotenv == "" && in.fromJSON == "" }

// readValues reads what a secret is to hold: the files first, then the
// arguments, which win. All faults are told at once; nothing is stored then.
func (s *session) readValues(ctx context.Context, in valueInput, args []string) (api.EnvChanges, error) {
	values := api.EnvChanges{}
	var errs []error
	if in.fromDotenv != "" {
		errs = append(errs, s.readDotenv(ctx, in.fromDotenv, values))
	}
	if in.fromJSON != "" {
		errs = append(errs, s.readJSON(in.fromJSON, values))
	}
	stdinUsed := in.fromJSON == "-"
	typed := map[string]bool{}
	for i, arg := range args {
		key, text, ok := strings.Cut(arg, "=")
		switch {
		case !ok:
			errs = append(errs, usagef("argument %d: want %s", i+2, valueForms))
			continue
		case typed[key]:
			errs = append(errs, usagef("argument %d: its key was given before", i+2))
			continue
		}
		if err := resolve.CheckKey(key); err != nil {
			errs = append(errs, usageError{err})
			continue
		}
		typed[key] = true
		switch {
		case text == "-":
			if stdinUsed {
				errs = append(errs, usagef("%s=-: standard input can be read once", key))
				continue
			}
			stdinUsed = true
			read, err := s.readStdin(ctx, key, in.verbatim)
			errs = append(errs, err)
			text = read
		case strings.HasPrefix(text, "@"):
			data, err := os.ReadFile(text[1:])
			if err != nil {
				errs = append(errs, fmt.Errorf("%s=@: %w", key, err))
				continue
			}
			text = string(data)
		}
		v := resolve.NewValue(text)
		values[key] = &v
	}
	return values, errors.Join(errs...)
}

func (s *session) readDotenv(ctx context.Context, path string, into api.EnvChanges) error {
	client := resolve.NewClient(resolve.ClientConfig{LookupEnv: s.lookupEnv})
	layers, err := client.Resolve(ctx, resolve.FromDotenv(resolve.DotenvFile(path)))
	if err != nil {
		return err
	}
	for _, v := range layers[0].Vars {
		if err := resolve.CheckKey(v.Name); err != nil {
			return fmt.Errorf("%s: %w", v.Where, err)
		}
		into[v.Name] = &v.Value
	}
	return nil
}

// readJSON reads one object of strings. null is ignored, as nil is in a dict.
func (s *session) readJSON(path string, into api.EnvChanges) error {
	var data []byte
	var err error
	if path == "-" {
		data, err = io.ReadAll(s.stdin)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return err
	}
	if !utf8.Valid(data) {
		return fmt.Errorf("%s: not UTF-8", path)
	}
	var read api.EnvChanges
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &read); err != nil {
		if errors.Is(err, resolve.ErrInvalid) {
			return fmt.Errorf("%s: %w", path, err)
		}
		return fmt.Errorf("%s: want one JSON object of strings", path) // encoding/json's own text quotes what it read
	}
	if read == nil {
		return fmt.Errorf("%s: want one JSON object of strings", path)
	}
	for k, v := range read {
		if v != nil {
			into[k] = v
		}
	}
	return nil
}

// readStdin reads the value of KEY=-.
func (s *session) readStdin(ctx context.Context, key string, verbatim bool) (string, error) {
	var data []byte
	var err error
	if f, ok := s.stdin.(*os.File); ok && isTerminal(f) {
		data, err = s.edit(ctx, key)
	} else {
		data, err = io.ReadAll(s.stdin)
	}
	if err != nil {
		return "", fmt.Errorf("%s=-: %w", key, err)
	}
	text := string(data)
	if !verbatim && strings.HasSuffix(text, "\n") {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		s.messages.notef("%s: one final newline dropped; --verbatim keeps it", key)
	}
	return text, nil
}
