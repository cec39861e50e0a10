package plan

import (
	"errors"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/resolve"
)

// Result is one complete outcome of a Plan. It does not change once made.
type Result struct {
	Environment *inject.Environment
	Sources     []SourceResult // in the order of the Plan, and of the layers of Environment
	// Files are paths whose change may change the Result: .env files, and what
	// the Plan was read from.
	Files []string

	named []*resolve.Secret // what Watch is about
}

// SourceResult is what is known of a source, but for its variables.
type SourceResult struct {
	// Label identifies the source in every Result: "main/db", "/app/.env".
	Label    string
	From     string         // where it is written
	Remote   bool           // a named secret
	Absent   bool           // optional, and not there
	Version  int            // of a named secret; 0: it has none
	Vars     int            // how many variables it has, whether they win or not
	OnChange *change.Action // nil: it says nothing
}

// Error is why there is no Result. It prints as Err does, and resolve.Faults
// looks through it.
type Error struct {
	Err    error    // what is about single sources has their index: see resolve.IndexError
	Labels []string // of the sources, as a Result would have them
}

func (e *Error) Error() string   { return e.Err.Error() }
func (e *Error) Unwrap() []error { return []error{e.Err} }

// ByLabel says what is wrong with which source. A fault that is not about
// single sources, such as the end of the time, is of all.
func (e *Error) ByLabel() map[string]error {
	all := map[string]error{}
	for i, err := range resolve.FaultsByIndex(e.Err, len(e.Labels)) {
		all[e.Labels[i]] = errors.Join(all[e.Labels[i]], err)
	}
	return all
}
