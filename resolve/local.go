package resolve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// FromDict returns a secret with these variables. Nil values are ignored.
func FromDict(dict map[string]*string) *Secret {
	vars := make([]Var, 0, len(dict))
	for _, name := range slices.Sorted(maps.Keys(dict)) {
		if text := dict[name]; text != nil {
			vars = append(vars, Var{Name: name, Value: NewValue(*text)})
		}
	}
	return fromVars(vars)
}

// FromMap is FromDict for plain strings.
func FromMap(dict map[string]string) *Secret {
	vars := make([]Var, 0, len(dict))
	for _, name := range slices.Sorted(maps.Keys(dict)) {
		vars = append(vars, Var{Name: name, Value: NewValue(dict[name])})
	}
	return fromVars(vars)
}

// FromValues is FromDict for Values.
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

// FromLocalEnviron returns a secret with these variables of the local
// environment. If some are not set, the error lists all of them.
func FromLocalEnviron(keys ...string) *Secret {
	s := &Secret{source: "local environment"}
	s.local = func(_ context.Context, c *Client) ([]Var, error) {
		var vars []Var
		var missing []string
		for _, key := range keys {
			text, ok := c.lookupEnv(key)
			switch {
			case !ok:
				missing = append(missing, ShowName(key))
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
		err := fmt.Errorf("%w in the local environment: %s", ErrMissingKeys, strings.Join(missing, ", "))
		if i := slices.IndexFunc(missing, IsOwnCredential); i >= 0 {
			return nil, WithHint(err, "%s is a credential of squire, and withheld from sources; run --keep-credentials lets the command inherit it", missing[i])
		}
		return nil, err
	}
	return s
}

// loadLocal reads a local secret. An optional one that does not exist is absent.
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
