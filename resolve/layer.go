package resolve

// Layer is a Secret after it was hydrated: what inject merges, in order.
type Layer struct {
	// Source names where the variables come from, in messages and provenance:
	// "secret main/db, version 3", "/app/.env", "--env", "squire.yaml:7".
	Source string
	// Remote is true of every named secret, the embedded store's too: such a
	// source may not set names that steer a loader or an interpreter.
	Remote bool
	// Vars has each name once, in the order of the source (a map's: sorted).
	Vars []Var
}

// Var is one variable of a Layer.
type Var struct {
	Name  string
	Value Value
	// Where stands for the name in a message when the name cannot be printed:
	// ".env:3:1", "--env 2". Empty where the source has no positions.
	Where string
}
