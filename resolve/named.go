package resolve

import "strconv"

// NameOption is an option of FromName and FromRef.
type NameOption func(*Secret)

// FromName is the secret stored under a name. Which store that is, is its
// client's business. The name is checked when it is resolved.
func FromName(name string, options ...NameOption) *Secret {
	return FromRef(Ref{Path: name}, options...)
}

// FromRef is the secret that a reference names. It is checked when it is
// resolved.
func FromRef(ref Ref, options ...NameOption) *Secret {
	s := &Secret{ref: ref.clone()}
	for _, o := range options {
		o(s)
	}
	return s
}

// InEnvironment names the environment of the secret, instead of the active one.
func InEnvironment(environment string) NameOption {
	return func(s *Secret) { s.ref.Path = inEnvironment(environment, s.ref.Path) }
}

func inEnvironment(environment, name string) string {
	if environment == "" {
		return name
	}
	return environment + "/" + name
}

// RequiredKeys are keys that the secret must have. The side that stores the
// secret asserts them; the error lists every one that is missing.
func RequiredKeys(keys ...string) NameOption {
	return func(s *Secret) { s.ref.RequiredKeys = append(s.ref.RequiredKeys, keys...) }
}

// WithClient binds the secret to a client from the start.
func WithClient(c *Client) NameOption { return func(s *Secret) { s.client = c } }

// Optional lets the secret be absent, as IfExists does.
func Optional() NameOption { return func(s *Secret) { s.IfExists() } }

// layer is what a provider's answer makes of a reference.
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
