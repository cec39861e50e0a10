package plan

import (
	"os"
	"slices"
	"strings"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
)

// view is what the command would see if the list of sources ended before one of
// them, for the ${…} of that one: the earlier sources, then the local
// environment, or the other way round where inherited names win.
type view struct {
	attempt *attempt
	before  int             // index of the source that looks
	vars    map[string]seen // of the earlier sources; nil: nobody has looked
	remote  bool            // the last answer was the value of a remote source
}

type seen struct {
	value  resolve.Value
	remote bool
}

// outranks looks up the inherited names that win over all sources, the file's own
// variables too; nil: there are none.
func (v *view) outranks() func(name string) (string, bool) {
	merge := &v.attempt.plan.Merge
	if merge.OnConflict != inject.Keep && (merge.Clean || !merge.PreserveAll && len(merge.Preserve) == 0) {
		return nil
	}
	return func(name string) (string, bool) {
		if !merge.Clean && (merge.PreserveAll || slices.Contains(merge.Preserve, name)) && !slices.Contains(merge.Unset, name) {
			if text, ok := v.inherited(name); ok {
				return text, true
			}
		}
		if merge.OnConflict == inject.Keep {
			return v.earlier(name)
		}
		return "", false
	}
}

func (v *view) inherited(name string) (string, bool) {
	v.remote = false
	for _, raw := range v.attempt.Environ {
		if n, text, ok := strings.Cut(raw, "="); ok && n == name && !resolve.IsOwnCredential(name) {
			return text, true
		}
	}
	return "", false
}

func (v *view) lookup(name string) (string, bool) {
	if text, ok := v.earlier(name); ok {
		return text, true
	}
	return v.attempt.lookupEnv(name)
}

// earlier is what the sources before have set.
func (v *view) earlier(name string) (string, bool) {
	if v.vars == nil {
		v.index(v.attempt.plan.Merge.OnConflict == inject.Keep)
	}
	one, ok := v.vars[name]
	v.remote = one.remote
	return one.value.Reveal(), ok
}

// index is made for the first look: most files refer to nothing.
func (v *view) index(firstWins bool) {
	v.vars = map[string]seen{}
	for _, l := range v.attempt.layers[:v.before] {
		for _, one := range l.Vars {
			if _, found := v.vars[one.Name]; !found || !firstWins {
				v.vars[one.Name] = seen{one.Value, l.Remote || one.Remote}
			}
		}
	}
}

func (r *Resolver) lookupEnv(name string) (string, bool) {
	if r.LookupEnv != nil {
		return r.LookupEnv(name)
	}
	if resolve.IsOwnCredential(name) {
		return "", false
	}
	return os.LookupEnv(name)
}
