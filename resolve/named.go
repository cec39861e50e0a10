package resolve

import "strconv"

// NameOption is an option of FromName and FromRef.
type NameOption func(*Secret)

// FromName returns the secret that is stored under a name; where, is decided by
// its client. The name is checked when it is resolved.
func FromName(name string, options ...NameOption) *Secret {
	return FromRef(Ref{Path: name}, options...)
}

// FromRef returns the secret of a reference, which is checked when it is resolved.
func FromRef(ref Ref, options ...NameOption) *Secret {
	s := &Secret{ref: ref.clone()}
	for _, o := range options {
		o(s)
	}
	return s
}

// InEnvironment selects the environment of the secret instead of the active one.
func InEnvironment(environment string) NameOption {
	return func(s *Secret) { s.ref.Path = inEnvironment(environment, s.ref.Path) }
}

func inEnvironment(environment, name string) string {
	if environment == "" {
		return name
	}
	return environment + "/" + name
}

// RequiredKeys are keys that the secret must have. They are asserted where the
// secret is stored; the error lists all that are missing.
func RequiredKeys(keys ...string) NameOption {
	return func(s *Secret) { s.ref.RequiredKeys = append(s.ref.RequiredKeys, keys...) }
}

// WithClient binds the secret to a client from the start.
func WithClient(c *Client) NameOption { return func(s *Secret) { s.client = c } }

// Optional lets the secret be absent, as IfExists does.
func Optional() NameOption { return func(s *Secret) { s.IfExists() } }

// layer is the layer of a reference and its provider's answer.
func (r Ref) layer(resolved Resolved) (*Layer, error) {
	l := &Layer{Label: resolved.Label, Remote: true, Absent: resolved.Absent, Version: resolved.Version}
	if l.Label == "" {
		l.Label = r.name()
	}
	l.Source = "secret " + l.Label
	if l.Version != 0 {
		l.Source += ", version " + strconv.Itoa(l.Version)
	}
	var err error
	if !l.Absent {
		l.Vars, err = r.Selection.apply(l.Source, resolved.Vars)
	}
	return l, err
}
