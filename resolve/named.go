package resolve

import "fmt"

// named is what a named secret is made of.
type named struct {
	ref      Ref
	provider string
	optional bool
}

// NameOption is an option of FromName.
type NameOption func(*Secret)

// FromName is the secret stored under a name. Which store that is, is its
// client's business. The name is checked when it is resolved.
func FromName(name string, options ...NameOption) *Secret {
	s := &Secret{named: named{ref: Ref{Name: name}}}
	for _, o := range options {
		o(s)
	}
	return s
}

// InEnvironment names the environment of the secret, instead of the client's
// active one.
func InEnvironment(environment string) NameOption {
	return func(s *Secret) { s.named.ref.Environment = environment }
}

// RequiredKeys are keys that the secret must have. The side that stores the
// secret asserts them; the error lists every one that is missing.
func RequiredKeys(keys ...string) NameOption {
	return func(s *Secret) { s.named.ref.RequiredKeys = append(s.named.ref.RequiredKeys, keys...) }
}

// WithClient binds the secret to a client from the start.
func WithClient(c *Client) NameOption { return func(s *Secret) { s.client = c } }

// AtProvider names the provider, of those that the client has; "" is its
// default.
func AtProvider(name string) NameOption { return func(s *Secret) { s.named.provider = name } }

// Optional lets the secret be absent: it is then empty. A required key that a
// present one lacks is still an error.
func Optional() NameOption { return func(s *Secret) { s.named.optional = true } }

func (n named) source(environment string, version int) string {
	if version == 0 {
		return fmt.Sprintf("secret %s/%s", environment, n.ref.Name)
	}
	return fmt.Sprintf("secret %s/%s, version %d", environment, n.ref.Name, version)
}
