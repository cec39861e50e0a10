package inject

// Options are how layers meet each other and the inherited environment. The
// zero Options: inherited lowest, a later layer wins.
type Options struct {
	// Clean inherits nothing. There is then nothing to preserve either.
	Clean bool
	// Unset are names that are not inherited. A layer may set them.
	Unset []string
	// KeepCredentials passes squire's own credentials, which reach no child
	// otherwise.
	KeepCredentials bool
	// PreserveAll lets every inherited name win over the layers.
	PreserveAll bool
	// Preserve lets these inherited names win over the layers.
	Preserve []string
	// OnConflict is what happens when two layers set one name, whatever the
	// values. The inherited environment is no layer. Empty means Override.
	OnConflict Conflict
	// AllowNames are names that a remote layer may set although they steer a
	// loader or an interpreter.
	AllowNames []string
	// Require are names that the result must have, wherever they come from;
	// an empty value counts, a name without a value (resolve.Var) does not.
	Require []string
}

// Conflict is what happens when two layers set one name.
type Conflict string

const (
	Override Conflict = "override" // the later layer wins
	Fail     Conflict = "error"    // nothing starts; the message names the variable and both sources
	Keep     Conflict = "keep"     // the first layer wins
)

func (c Conflict) known() bool {
	switch c {
	case "", Override, Fail, Keep:
		return true
	}
	return false
}

// nameSet holds the names of an option, as the platform compares them.
type nameSet map[string]struct{}

func newNameSet(names []string) nameSet {
	if len(names) == 0 {
		return nil
	}
	s := make(nameSet, len(names))
	for _, name := range names {
		s[foldCase(name)] = struct{}{}
	}
	return s
}

func (s nameSet) has(folded string) bool {
	_, ok := s[folded]
	return ok
}
