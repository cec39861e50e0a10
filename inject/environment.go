package inject

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// Inherited is the Source of a variable that squire was started with.
const Inherited = "inherited"

// Environment is what the child will get: one entry a name, in a fixed order,
// each with its provenance. It never changes after Merge, so any number of
// goroutines may read it. It prints as its size; only Environ gives values out.
//
// All is behind two pointers, because fmt calls no method of a value in an
// unexported field, and after a bad verb follows one pointer to a struct.
type Environment struct {
	_ [0]func()
	m **merged
}

func newEnvironment(m *merged) *Environment { return &Environment{m: &m} }

func (e *Environment) merged() *merged { return *e.m }

type merged struct {
	entries []entry
	index   map[string]int32 // by folded name
	sources []string         // of the layers
}

// entry is one string of the environment. An inherited one may have no name:
// without '=', or with it in front. Such a string is passed, and never found.
type entry struct {
	name   string
	raw    string        // NAME=value, byte-exact
	value  resolve.Value // of a layer, until Merge has made raw of it
	from   origin
	others []origin // that set this name too, and did not win
}

// origin is where a variable comes from.
type origin struct {
	layer   int32 // index into layers; -1 is inherited
	noValue bool  // a name alone: see resolve.Var
	where   resolve.Place
}

// Var is one variable with its provenance.
type Var struct {
	Name  string
	Value resolve.Value
	// Source is the layer's Source, or Inherited.
	Source string
	// Where is the position in the source, if it has any.
	Where resolve.Place
	// Overrides are the other sources that set this name, in the order they
	// were met; this one won over them.
	Overrides []string
}

// Environ returns the strings for exec, inherited ones byte-exact. The slice
// is the caller's.
func (e *Environment) Environ() []string {
	entries := e.merged().entries
	out := make([]string, len(entries))
	for i := range entries {
		out[i] = entries[i].raw
	}
	return out
}

// Len is the number of entries.
func (e *Environment) Len() int { return len(e.merged().entries) }

// Vars returns all variables in the order of Environ. Inherited strings that
// have no name are not among them.
func (e *Environment) Vars() []Var {
	m := e.merged()
	out := make([]Var, 0, len(m.entries))
	for i := range m.entries {
		if m.entries[i].name != "" {
			out = append(out, m.variable(&m.entries[i]))
		}
	}
	return out
}

// get is the text of a variable, for looking up commands.
func (e *Environment) get(name string) (string, bool) {
	m := e.merged()
	i, ok := m.index[foldCase(name)]
	if !ok {
		return "", false
	}
	return m.entries[i].raw[len(m.entries[i].name)+1:], true
}

func (m *merged) variable(en *entry) Var {
	v := Var{
		Name:   en.name,
		Value:  resolve.NewValue(en.raw[len(en.name)+1:]),
		Source: m.source(en.from),
		Where:  en.from.where,
	}
	for _, o := range en.others {
		v.Overrides = append(v.Overrides, m.source(o))
	}
	return v
}

func (m *merged) source(o origin) string {
	if o.layer < 0 {
		return Inherited
	}
	return m.sources[o.layer]
}

// seal turns every entry of a layer into its NAME=value, in one allocation.
func (m *merged) seal() {
	size := 0
	for i := range m.entries {
		if en := &m.entries[i]; en.from.layer >= 0 {
			size += len(en.name) + 1 + en.value.Len()
		}
	}
	var b strings.Builder
	b.Grow(size) // exact, so that the strings below share one block
	for i := range m.entries {
		if en := &m.entries[i]; en.from.layer >= 0 {
			from := b.Len()
			b.WriteString(en.name)
			b.WriteByte('=')
			b.WriteString(en.value.Reveal())
			en.raw = b.String()[from:]
			en.value = resolve.Value{}
		}
	}
}

func (e Environment) String() string {
	if e.m == nil {
		return "[no environment]"
	}
	return fmt.Sprintf("[environment of %d variables]", e.Len())
}
func (e Environment) GoString() string               { return e.String() }
func (e Environment) Format(s fmt.State, _ rune)     { _, _ = s.Write([]byte(e.String())) }
func (e Environment) MarshalText() ([]byte, error)   { return []byte(e.String()), nil }
func (e Environment) MarshalJSON() ([]byte, error)   { return []byte(`"` + e.String() + `"`), nil }
func (e Environment) LogValue() slog.Value           { return slog.StringValue(e.String()) }
func (e Environment) MarshalBinary() ([]byte, error) { return []byte(e.String()), nil }
func (e Environment) MarshalYAML() (any, error)      { return e.String(), nil }
