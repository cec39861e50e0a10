package plan

import (
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// secret makes the Secret of a source that is not Named.
func (a *attempt) secret(i int) *resolve.Secret {
	s := &a.plan.Sources[i]
	var secret *resolve.Secret
	switch s.Kind {
	case Dict:
		secret = resolve.FromValues(s.Dict)
	case LocalEnviron:
		secret = resolve.FromLocalEnviron(s.Names...)
	default:
		secret = a.dotenv(s, i)
	}
	if s.Optional {
		secret = secret.IfExists()
	}
	return secret.Labelled(s.label()).Select(s.Selection)
}

func (a *attempt) dotenv(s *Source, before int) *resolve.Secret {
	o, v := &a.plan.Dotenv, &view{attempt: a, before: before}
	options := []resolve.DotenvOption{resolve.DotenvFormat(o.Format), resolve.DotenvParser(func(parser *resolve.DotenvOptions) {
		parser.NoInterpolation = o.Interpolate == None
		if o.Interpolate != Local {
			parser.Lookup, parser.Outranks, parser.Foreign = v.lookup, v.outranks(), func() bool { return v.remote }
		}
		file := parser.File
		parser.Unset = func(u resolve.DotenvUnset) {
			a.warnings.Unset(resolve.Place{File: file, Line: u.Line, Column: u.Column}, u)
		}
	})}
	if o.Lenient {
		options = append(options, resolve.DotenvLenient(a.warnings.skipped))
	}
	if s.Search != "" {
		return resolve.FromDotenv(append(options, resolve.DotenvPath(s.Path), resolve.DotenvName(s.Search))...)
	}
	if a.Again {
		options = append(options, resolve.DotenvPipes(a.pipes))
	}
	return resolve.FromDotenv(append(options, resolve.DotenvFile(s.Path))...)
}

// Warnings are of .env files: bad statements that were skipped, names that are
// set nowhere, and names without a value; and of names that no shell can use. The
// first of each are reported, then a count.
type Warnings struct {
	texts          []string
	skips, unknown int
	empty, odd     int  // names without a value, and those that no shell can use
	misled         bool // a named secret is not there: what refers to it only seems not to be set
}

const maxWarnings = 20

func (w *Warnings) skipped(fault error) {
	if w.skips++; w.skips <= maxWarnings {
		w.texts = append(w.texts, fmt.Sprintf("%s; skipped", fault))
	}
}

// Unset notes that a .env file refers to a name that is set nowhere.
func (w *Warnings) Unset(at resolve.Place, u resolve.DotenvUnset) {
	if w.misled {
		return
	}
	if w.unknown++; w.unknown > maxWarnings {
		return
	}
	w.texts = append(w.texts, unset(at, u))
}

func unset(at resolve.Place, u resolve.DotenvUnset) string {
	key, name := "a value", "a name (not shown)"
	if resolve.CheckKey(u.Key) == nil { // another may be a piece of a value that is wrapped
		key = u.Key
	}
	if u.Name != "" {
		name = "${" + u.Name + "}"
	}
	why := "not set"
	if resolve.IsOwnCredential(u.Name) {
		why = "withheld, as a credential of squire"
	}
	return fmt.Sprintf("%s: %s refers to %s, which is %s: it is replaced by nothing", at, key, name, why)
}

// NoValue notes that a .env file has a name alone on its line.
func (w *Warnings) NoValue(v resolve.Var) {
	if w.empty++; w.empty <= maxWarnings {
		w.texts = append(w.texts, noValue(v))
	}
}

// noValue shows only what looks like a variable: the line may be a piece of a
// value that is wrapped.
func noValue(v resolve.Var) string {
	name := "a name (not shown)"
	if resolve.CheckKey(v.Name) == nil && v.Name == strings.ToUpper(v.Name) {
		name = v.Name
	}
	return fmt.Sprintf("%s: %s has no = and no value: it is set to the empty value", v.Where, name)
}

// unusable reports names that no shell can use. One that does not look like a name
// may be a piece of a value.
func (w *Warnings) unusable(from string, vars []resolve.Var) {
	for _, v := range vars {
		if resolve.CheckKey(v.Name) == nil || strings.ContainsAny(v.Name, "=\x00") {
			continue // what holds these is an error
		}
		name := v.Name
		if len(name) > 64 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") != "" {
			name = "a name (not shown)"
		}
		if w.odd++; w.odd <= maxWarnings {
			w.texts = append(w.texts, fmt.Sprintf("%s: %s is not a name that a shell can use; some shells remove it", from, name))
		}
	}
}

// Report warns of the first of each kind, and how many more there are. Nil: of
// nothing.
func (w *Warnings) Report(warn func(string)) {
	if n := w.skips - maxWarnings; n > 0 {
		w.texts = append(w.texts, fmt.Sprintf("and %d more bad statements; skipped", n))
	}
	if n := w.unknown - maxWarnings; n > 0 {
		w.texts = append(w.texts, fmt.Sprintf("and %d more references to names that are not set", n))
	}
	if n := w.empty - maxWarnings; n > 0 {
		w.texts = append(w.texts, fmt.Sprintf("and %d more names without a value", n))
	}
	if n := w.odd - maxWarnings; n > 0 {
		w.texts = append(w.texts, fmt.Sprintf("and %d more names that a shell cannot use", n))
	}
	for _, text := range w.texts {
		if warn != nil {
			warn(text)
		}
	}
}
