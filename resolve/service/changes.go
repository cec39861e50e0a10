package service

import (
	"maps"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// merge changes a copy of dict. Removing a missing key changes nothing.
func merge(dict map[string]resolve.Value, changes api.EnvChanges) map[string]resolve.Value {
	merged := maps.Clone(dict)
	for k, v := range changes {
		if v == nil {
			delete(merged, k)
		} else {
			merged[k] = *v
		}
	}
	return merged
}

// compare says how two dicts differ, in the keys of named; nil is all keys.
func compare(before, after map[string]resolve.Value, named api.EnvChanges) *api.Changes {
	c := &api.Changes{Set: []string{}, Removed: []string{}, Unchanged: []string{}}
	for k, v := range after {
		old, had := before[k]
		switch _, is := named[k]; {
		case named != nil && !is:
		case had && old.Equal(v):
			c.Unchanged = append(c.Unchanged, k)
		default:
			c.Set = append(c.Set, k)
		}
	}
	for k := range before {
		if _, kept := after[k]; !kept {
			c.Removed = append(c.Removed, k)
		}
	}
	slices.Sort(c.Set)
	slices.Sort(c.Removed)
	slices.Sort(c.Unchanged)
	return c
}

// latest is what the current version changed; nil if it cannot be read.
func latest(r *gate.Records, head gate.Secret, named api.EnvChanges) *api.Changes {
	var before gate.Version
	after, err := r.Version(head, 0)
	if err == nil && head.Version > 1 {
		before, err = r.Version(head, head.Version-1)
	}
	if err != nil {
		return nil
	}
	return compare(before.Dict, after.Dict, named)
}
