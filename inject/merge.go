package inject

import (
	"errors"
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// Merge lays the layers over the inherited environment (strings as os.Environ
// gives them), in order. Either all is right, or the error joins every fault,
// one line each, and there is no Environment.
//
// Of an inherited name that is there twice the first counts, as for getenv; of
// a name that one layer holds twice, the last. A name that a remote layer may
// not set is refused even where it would not win: what is allowed does not
// depend on what else is set.
func Merge(inherited []string, layers []resolve.Layer, o Options) (*Environment, error) {
	if !o.OnConflict.known() {
		return nil, fmt.Errorf("unknown conflict rule %q: want override, error or keep", string(o.OnConflict))
	}
	if o.Clean {
		inherited = nil
	}
	size, sources := len(inherited), make([]string, len(layers))
	for i := range layers {
		size += len(layers[i].Vars)
		sources[i] = layers[i].Source
	}
	m := merger{
		merged:   &merged{entries: make([]entry, 0, size), index: make(map[string]int32, size), sources: sources},
		options:  o,
		preserve: newNameSet(o.Preserve),
		allow:    newNameSet(o.AllowNames),
	}
	m.inherit(inherited)
	for i := range layers {
		for j := range layers[i].Vars {
			m.add(&layers[i], int32(i), j)
		}
	}
	m.require()
	if err := m.err(); err != nil {
		return nil, err
	}
	m.seal()
	return newEnvironment(m.merged), nil
}

type merger struct {
	*merged
	options         Options
	preserve, allow nameSet
	faults          []error
	refused         refusals
}

func (m *merger) inherit(inherited []string) {
	unset := newNameSet(m.options.Unset)
	for _, raw := range inherited {
		name := nameOf(raw)
		if m.withheld(name) || unset.has(foldCase(name)) {
			continue
		}
		if name != "" {
			if _, twice := m.index[foldCase(name)]; twice {
				continue
			}
			m.index[foldCase(name)] = int32(len(m.entries))
		}
		m.entries = append(m.entries, entry{name: name, raw: raw, from: origin{layer: -1}})
	}
}

// add lays one variable over what is there.
func (m *merger) add(l *resolve.Layer, layer int32, ordinal int) {
	v := &l.Vars[ordinal]
	if fault := checkVar(l, ordinal); fault != nil {
		m.faults = append(m.faults, fault)
		return
	}
	key := foldCase(v.Name)
	if l.Remote || v.Remote {
		if why := Dangerous(v.Name); why != "" && !m.allow.has(key) {
			m.refused.add(l, v, why)
			return
		}
	}
	if m.withheld(v.Name) {
		return
	}
	from := origin{layer, v.NoValue, v.Where}
	i, found := m.index[key]
	if !found {
		m.index[key] = int32(len(m.entries))
		m.entries = append(m.entries, entry{name: v.Name, value: v.Value, from: from})
		return
	}
	m.meet(&m.entries[i], v, from)
}

// withheld says whether a name reaches no child.
func (m *merger) withheld(name string) bool {
	return !m.options.KeepCredentials && isOwnCredential(name)
}

// meet decides who wins where a name is there already.
func (m *merger) meet(en *entry, v *resolve.Var, from origin) {
	if en.from.layer == from.layer { // the same source: nobody lost
		en.value, en.from = v.Value, from
		return
	}
	// The rule for conflicts is between the layers, also where an inherited
	// variable wins over them all.
	rival := en.from
	if n := len(en.others); rival.layer < 0 && n > 0 {
		rival = en.others[n-1]
	}
	if m.options.OnConflict == Fail && rival.layer >= 0 && rival.layer != from.layer {
		m.conflict(en.name, rival, from)
	}
	var wins bool
	if en.from.layer < 0 {
		wins = !m.options.PreserveAll && !m.preserve.has(foldCase(en.name))
	} else {
		wins = m.options.OnConflict != Keep
	}
	loser := from
	if wins {
		loser = en.from
		en.value, en.from = v.Value, from
	}
	if n := len(en.others); n == 0 || en.others[n-1].layer != loser.layer {
		en.others = append(en.others, loser)
	}
}

func (m *merger) conflict(name string, first, second origin) {
	m.faults = append(m.faults, resolve.WithHint(
		fmt.Errorf("%s is set by both %s and %s", printable(name), m.describe(first), m.describe(second)),
		"remove one of them, or let one win: --on-conflict=override (the later) or --on-conflict=keep (the first)"))
}

func (m *merger) require() {
	for _, name := range m.options.Require {
		switch i, ok := m.index[foldCase(name)]; {
		case !ok:
			m.faults = append(m.faults, fmt.Errorf("%s is required, and no source sets it", printable(name)))
		case m.entries[i].from.noValue:
			m.faults = append(m.faults, resolve.WithHint(
				fmt.Errorf("%s is required, and %s has the name without a value", printable(name), m.describe(m.entries[i].from)),
				"%s=VALUE sets it, and %s= to the empty value; or remove that line", printable(name), printable(name)))
		}
	}
}

func (m *merger) err() error {
	return errors.Join(append(m.faults, m.refused.errors()...)...)
}

// nameOf is the name in a NAME=value, "" where there is none.
func nameOf(raw string) string {
	if i := strings.IndexByte(raw, '='); i > 0 {
		return raw[:i]
	}
	return ""
}
