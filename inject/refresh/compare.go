package refresh

import (
	"slices"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/plan"
)

// compare says whether the environment is another one, and what that is to do
// now.
func (c *Config) compare(was, now *plan.Result) (changed bool, do change.Action) {
	for _, diff := range inject.Diff(was.Environment, now.Environment) {
		changed = true
		// Who sets it now and who set it before: a source that took a variable
		// away, and uncovered another's, is the one that changed.
		if diff.Now >= 0 {
			do = change.Stronger(do, c.action(now.Sources[diff.Now]))
		}
		if diff.Was >= 0 {
			do = change.Stronger(do, c.action(current(now, diff.Was, was.Sources[diff.Was])))
		}
	}
	return changed, do
}

func (c *Config) action(s plan.SourceResult) change.Action {
	if s.OnChange != nil {
		return *s.OnChange
	}
	return c.OnChange
}

// current is a source of an older Result as this Result has it, if it does. The
// list is another one where squire.yaml was edited.
func current(now *plan.Result, i int, old plan.SourceResult) plan.SourceResult {
	if i < len(now.Sources) && now.Sources[i].Label == old.Label {
		return now.Sources[i]
	}
	if i := slices.IndexFunc(now.Sources, func(s plan.SourceResult) bool { return s.Label == old.Label }); i >= 0 {
		return now.Sources[i]
	}
	return old
}
