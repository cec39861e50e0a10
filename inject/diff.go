package inject

// Change is a variable that one environment has otherwise than another: its
// name, and who sets it in each. It holds no value.
type Change struct {
	Name string
	// Was and Now are indexes of the layers given to Merge, or FromInherited,
	// or FromNowhere where the variable is not there.
	Was, Now int
}

const (
	FromInherited = -1 // set by the environment that was inherited
	FromNowhere   = -2 // not set
)

// Diff says which variables were added, removed or got another value, in the
// order of now, and those that are gone after them in the order of was. The
// same value from elsewhere is no change, nor is another order: each name is
// there once, so no program can tell. Inherited strings without a name are
// left out; nothing changes them.
func Diff(was, now *Environment) []Change {
	old, current := was.merged(), now.merged()
	var changes []Change
	for i := range current.entries {
		en := &current.entries[i]
		if en.name == "" {
			continue
		}
		from := FromNowhere
		if j, found := old.index[foldCase(en.name)]; found {
			if old.entries[j].raw == en.raw {
				continue
			}
			from = int(old.entries[j].from.layer)
		}
		changes = append(changes, Change{en.name, from, int(en.from.layer)})
	}
	for i := range old.entries {
		en := &old.entries[i]
		if en.name == "" {
			continue
		}
		if _, found := current.index[foldCase(en.name)]; !found {
			changes = append(changes, Change{en.name, int(en.from.layer), FromNowhere})
		}
	}
	return changes
}
