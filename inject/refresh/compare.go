package refresh

import (
	"slices"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/change"
)

// compare says whether the next start has another set to use, and what that is
// to do now.
func compare(was, now *Set) (changed bool, do change.Action) {
	for _, c := range inject.Diff(was.Environment, now.Environment) {
		changed = true
		// Who sets it now and who set it before: a source that took a variable
		// away, and uncovered another's, is the one that changed.
		if c.Now >= 0 {
			do = change.Stronger(do, now.action(c.Now))
		}
		if c.Was >= 0 && c.Was < len(was.Sources) {
			do = change.Stronger(do, now.actionOf(c.Was, was.Sources[c.Was]))
		}
	}
	return changed || was.Path != now.Path || !slices.Equal(was.Argv, now.Argv), do
}

// action is that of a source of this set.
func (s *Set) action(layer int) (none change.Action) {
	if layer >= len(s.Sources) {
		return none
	}
	return s.Sources[layer].Action
}

// actionOf is the action of a source of an older set: as this set has it, if it
// does. The list is another one where squire.yaml was edited.
func (s *Set) actionOf(layer int, old Source) change.Action {
	if layer < len(s.Sources) && s.Sources[layer].Label == old.Label {
		return s.Sources[layer].Action
	}
	if i := slices.IndexFunc(s.Sources, func(n Source) bool { return n.Label == old.Label }); i >= 0 {
		return s.Sources[i].Action
	}
	return old.Action
}
