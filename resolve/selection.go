package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Selection says which variables of a secret are taken, and under which names.
// The zero one takes all as they are. It works on every kind of secret.
type Selection struct {
	Only   []string          // these keys only, each of which must be there; nil: all
	Rename map[string]string // key → name of the variable; each key must be there
	Prefix string            // before every name that Rename does not give
}

func (s *Selection) isZero() bool { return s.Only == nil && len(s.Rename) == 0 && s.Prefix == "" }

// keys are those that must be there: the Only ones, then what else is renamed.
func (s *Selection) keys() []string {
	keys := slices.Clip(s.Only)
	for _, k := range slices.Sorted(maps.Keys(s.Rename)) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// apply is the selection of vars, in their order.
func (s *Selection) apply(source string, vars []Var) ([]Var, error) {
	if s.isZero() {
		return vars, nil
	}
	selected, found := make([]Var, 0, len(vars)), map[string]bool{}
	names := make(map[string]bool, len(vars))
	for _, v := range vars {
		found[v.Name] = true
		if s.Only != nil && !slices.Contains(s.Only, v.Name) {
			continue
		}
		if name, ok := s.Rename[v.Name]; ok {
			v.Name = name
		} else {
			v.Name = s.Prefix + v.Name
		}
		if names[v.Name] {
			return nil, fmt.Errorf("%w selection from %s: two keys become the variable %s", ErrInvalid, source, ShowName(v.Name))
		}
		names[v.Name] = true
		selected = append(selected, v)
	}
	var missing []string
	for _, k := range s.keys() {
		if !found[k] {
			missing = append(missing, ShowName(k))
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("%w in %s: %s", ErrMissingKeys, source, strings.Join(missing, ", "))
	}
	return selected, nil
}
