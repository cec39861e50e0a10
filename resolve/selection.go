package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Selection selects and renames the variables of a secret of any kind. The zero
// Selection takes all of them unchanged.
type Selection struct {
	Only   []string          // only these keys, each of which must exist; nil: all
	Rename map[string]string // key → name of the variable; each key must exist
	Prefix string            // of every name that is not from Rename
}

func (s *Selection) isZero() bool { return s.Only == nil && len(s.Rename) == 0 && s.Prefix == "" }

// keys are those that must exist: those of Only, then the others of Rename.
func (s *Selection) keys() []string {
	keys := slices.Clip(s.Only)
	for _, k := range slices.Sorted(maps.Keys(s.Rename)) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// apply applies the selection to vars, and keeps their order.
func (s *Selection) apply(source string, vars []Var) ([]Var, error) {
	if s.isZero() {
		return vars, nil
	}
	selected, found := make([]Var, 0, len(vars)), map[string]bool{}
	names := make(map[string]bool, len(vars))
	for _, v := range vars {
		found[v.Name] = !v.NoValue
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
	hint := ""
	for _, k := range s.keys() {
		set, named := found[k]
		if set {
			continue
		}
		missing = append(missing, ShowName(k))
		if named && hint == "" {
			hint = fmt.Sprintf("%s is there without a value: %[1]s=VALUE sets it, and %[1]s= to the empty value", ShowName(k))
		}
	}
	if missing == nil {
		return selected, nil
	}
	err := fmt.Errorf("%w in %s: %s", ErrMissingKeys, source, strings.Join(missing, ", "))
	if hint != "" {
		err = WithHint(err, "%s", hint)
	}
	return nil, err
}
