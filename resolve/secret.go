package resolve

import (
	"context"
	"fmt"
	"sync"
)

// Secret is a dictionary of environment variables, from any kind of source. It is
// lazy: it is read once, by Hydrate or by the first call that needs it. Its methods
// are safe for concurrent use.
type Secret struct {
	ref    Ref                                           // of a named secret; a local one uses its Selection and Optional
	local  func(context.Context, *Client) ([]Var, error) // nil: a named secret
	source string                                        // of a local secret: Layer.Source
	files  func() []string                               // of a local secret; nil: none

	mu      sync.Mutex
	client  *Client
	layer   *Layer        // nil: not hydrated
	loading chan struct{} // non-nil while it is being loaded; closed when done
}

// Labelled sets the name of a local secret's source in messages and provenance,
// and returns s. It must be called before the first use.
func (s *Secret) Labelled(source string) *Secret {
	s.source = source
	return s
}

// Select selects and renames the variables of any kind of secret, and returns s.
// It must be called before the first use.
func (s *Secret) Select(selection Selection) *Secret {
	s.ref.Selection = Ref{Selection: selection}.clone().Selection
	return s
}

// IfExists makes any kind of secret optional, and returns s: a named secret, a
// .env file or a variable of the local environment that does not exist is left
// out. If the secret exists, a missing required key is still an error. It must be
// called before the first use.
func (s *Secret) IfExists() *Secret {
	s.ref.Optional = true
	return s
}

// Files are the files that a local secret depends on, also those that do not
// exist but would be used if they were created; nil for every other secret.
// Relative paths are relative to the working directory.
func (s *Secret) Files() []string {
	if s.files == nil {
		return nil
	}
	return s.files()
}

// Hydrate loads the secret once. A named one is loaded with its own client, or
// the one that client.Resolve bound it to; without one it is an ErrNoClient. After
// a failure the next call tries again.
func (s *Secret) Hydrate(ctx context.Context) error {
	_, err := s.hydrated(ctx)
	return err
}

// Vars hydrates the secret and returns its variables, each name once.
func (s *Secret) Vars(ctx context.Context) ([]Var, error) {
	l, err := s.hydrated(ctx)
	return append([]Var(nil), l.Vars...), err
}

// Info describes a named secret as it is stored at the moment. For a local secret
// it is an ErrLocal.
func (s *Secret) Info(ctx context.Context) (Info, error) {
	m, ref, err := s.manager()
	if err != nil {
		return Info{}, err
	}
	return m.Info(ctx, ref.Path)
}

// Update merges changes into a named secret, as dict.update does; nil removes a
// key. Variables that are already hydrated do not change. For a local secret it is
// an ErrLocal.
func (s *Secret) Update(ctx context.Context, changes map[string]*string) error {
	m, ref, err := s.manager()
	if err != nil {
		return err
	}
	wrapped := make(map[string]*Value, len(changes))
	for k, text := range changes {
		wrapped[k] = nil
		if text != nil {
			v := NewValue(*text)
			wrapped[k] = &v
		}
	}
	return m.Update(ctx, ref.Path, wrapped)
}

func (s *Secret) hydrated(ctx context.Context) (Layer, error) {
	c := s.bound()
	if c == nil {
		if s.local == nil {
			return Layer{}, noClient(s.ref)
		}
		c = &Client{} // local sources need only its defaults
	}
	layers, err := c.Resolve(ctx, s)
	if err != nil {
		return Layer{}, err
	}
	return layers[0], nil
}

func (s *Secret) manager() (Manager, Ref, error) {
	if s.local != nil {
		return nil, Ref{}, fmt.Errorf("%s: %w: only a named secret is stored", s.source, ErrLocal)
	}
	c := s.bound()
	if c == nil {
		return nil, Ref{}, noClient(s.ref)
	}
	m, err := c.manager(s.ref)
	return m, s.ref, err
}

func (s *Secret) bound() *Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client
}

// bind gives an unbound secret its client and returns the client it has.
func (s *Secret) bind(c *Client) *Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		s.client = c
	}
	return s.client
}

// claim lets the caller load s. If another caller is loading it, claim returns the
// channel that is closed when that is done; if s is loaded, nil.
func (s *Secret) claim() (mine bool, wait <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.layer != nil || s.loading != nil {
		return false, s.loading
	}
	s.loading = make(chan struct{})
	return true, nil
}

// settle ends a claim, with a layer or without one.
func (s *Secret) settle(l *Layer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.layer = l
	close(s.loading)
	s.loading = nil
}

func (s *Secret) current() *Layer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layer
}

// noClient is the error for a named secret without a client or provider.
func noClient(ref Ref) error {
	return WithHint(fmt.Errorf("secret %s: %w", ref.shown(), ErrNoClient),
		"resolve.FromName(name, resolve.WithClient(client)), or client.Resolve(ctx, secret), with a client of provider.Open")
}
