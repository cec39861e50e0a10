package resolve

import "strconv"

// Layer is a Secret after it was hydrated: what inject merges, in order.
type Layer struct {
	// Source names where the variables come from, in messages and provenance:
	// "secret main/db, version 3", "/app/.env", "--env", "squire.yaml:7".
	Source string
	// Remote is true of every named secret, the embedded store's too: such a
	// source may not set names that steer a loader or an interpreter.
	Remote bool
	// Label identifies the source, whatever its version: "main/db",
	// "vault://kv/app", ".env".
	Label string
	// Absent is true of an optional secret that is not there. It has no Vars.
	Absent bool
	// Version is that of a named secret; 0: its provider has none.
	Version int
	// Vars has each name once, in the order of the source (a map's: sorted).
	Vars []Var
}

// Var is one variable of a Layer.
type Var struct {
	Name  string
	Value Value
	// Where stands for the name in a message when the name cannot be printed.
	Where Place
	// Remote is true of a local variable whose value holds that of a remote
	// source, by ${…}: it may set no more than that source may.
	Remote bool
}

// Place is a position in a file. The zero Place is none. It is made into a
// text where a message needs one, not for each variable of each start.
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
