package resolve

import "strconv"

// Layer is a hydrated Secret. Package inject merges a list of them.
type Layer struct {
	// Source names where the variables come from, in messages and provenance:
	// "secret main/db, version 3", "/app/.env", "--env", "squire.yaml:7".
	Source string
	// Remote is true for every named secret, also in the embedded store: such a
	// source must not set names that control a loader or an interpreter.
	Remote bool
	// Label identifies the source without its version: "main/db",
	// "vault://kv/app", ".env".
	Label string
	// Absent is true if the secret is optional and does not exist. It has no Vars.
	Absent bool
	// Version is that of a named secret; 0 if its provider has none.
	Version int
	// Vars has each name once, in the order of the source; those of a map are
	// sorted.
	Vars []Var
}

// Var is one variable of a Layer.
type Var struct {
	Name  string
	Value Value
	// Where replaces the name in a message if the name must not be printed.
	Where Place
	// Remote is true for a local variable whose value contains one of a remote
	// source, by ${…}. It may set only what that source may.
	Remote bool
	// NoValue is true for the name alone on a line of a .env file. Value is "", but
	// where the variable is required it does not count as set.
	NoValue bool
}

// Place is a position in a file; the zero Place is none. It is formatted only if
// a message needs it.
type Place struct {
	File         string
	Line, Column int // from 1
}

// String is FILE:LINE:COLUMN, or "".
func (p Place) String() string {
	if p == (Place{}) {
		return ""
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}
