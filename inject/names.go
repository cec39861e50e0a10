package inject

import (
	"errors"
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// checkVar says whether an environment can hold a layer's variable. A name
// that is none may be a value that slipped out of place: the message says only
// where it stands.
func checkVar(l *resolve.Layer, ordinal int) error {
	v := &l.Vars[ordinal]
	switch {
	case v.Name == "":
		return fmt.Errorf("%s: the name is empty", place(l, ordinal))
	case strings.IndexByte(v.Name, '=') >= 0:
		return fmt.Errorf("%s: the name holds =, which no environment can (not shown)", place(l, ordinal))
	case strings.IndexByte(v.Name, 0) >= 0:
		return fmt.Errorf("%s: the name holds a NUL byte, which no environment can (not shown)", place(l, ordinal))
	case strings.IndexByte(v.Value.Reveal(), 0) >= 0:
		return resolve.WithHint(
			fmt.Errorf("the value of %s from %s holds a NUL byte, which no environment can", printable(v.Name), describe(l.Source, v.Where.String())),
			"store it as text (base64 -w0 FILE), or pass the command a file")
	}
	return nil
}

// place is where a name stands that cannot be printed.
func place(l *resolve.Layer, ordinal int) string {
	if v := &l.Vars[ordinal]; v.Where != (resolve.Place{}) {
		return describe(l.Source, v.Where.String())
	}
	return fmt.Sprintf("%s: variable %d", l.Source, ordinal+1)
}

// describe names a source, with the position in it unless that says it all.
func describe(source, where string) string {
	switch {
	case where == "":
		return source
	case source == "" || strings.HasPrefix(where, source):
		return where
	}
	return source + " (" + where + ")"
}

func (m *merged) describe(o origin) string { return describe(m.source(o), o.where.String()) }

// maxPrinted is the longest name that a message shows: what is longer is no
// name that anybody would recognise, and may be a value.
const maxPrinted = 128

// printable is a name for a message, unless it may be a value.
func printable(name string) string {
	if len(name) > maxPrinted {
		return fmt.Sprintf("a name of %d bytes", len(name))
	}
	return resolve.ShowName(name)
}

// refusals collects the dangerous names of a merge, because one hint must
// allow all of them: the user sees one hint only.
type refusals struct {
	names  []string
	faults []error
}

func (r *refusals) add(l *resolve.Layer, v *resolve.Var, why string) {
	r.names = append(r.names, v.Name)
	by := ""
	if !l.Remote {
		by = " by the value of a named secret"
	}
	r.faults = append(r.faults, fmt.Errorf("%s may not set %s%s: %s", describe(l.Source, v.Where.String()), printable(v.Name), by, why))
}

func (r *refusals) errors() []error {
	if len(r.faults) == 0 {
		return nil
	}
	var hint strings.Builder
	hint.WriteString("if you trust the source with that:")
	seen := nameSet{}
	for _, name := range r.names {
		if !seen.has(foldCase(name)) {
			seen[foldCase(name)] = struct{}{}
			if !resolve.IsUsualName(name) {
				name = "NAME"
			}
			hint.WriteString(" --allow-name " + printable(name))
		}
	}
	for i, fault := range r.faults {
		r.faults[i] = resolve.WithHint(&refused{fault}, "%s", hint.String())
	}
	return r.faults
}

// ErrDangerous is a name that a remote source may not set.
var ErrDangerous = errors.New("dangerous name")

type refused struct{ error }

func (*refused) Is(target error) bool { return target == ErrDangerous }
