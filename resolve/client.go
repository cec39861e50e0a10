package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Client resolves ordered lists of secrets. It is safe for concurrent use.
type Client struct{ config ClientConfig }

// ClientConfig is what a Client is made of; each field may be left out.
type ClientConfig struct {
	Provider    Provider                         // of names that say no other; nil: such names are ErrNoClient
	Providers   map[string]Provider              // the others, by what AtProvider calls them
	Environment string                           // the active one; "": "main"
	Timeout     time.Duration                    // of one Resolve, in all; 0: none
	Concurrency int                              // providers asked at once; 0: 8
	LookupEnv   func(name string) (string, bool) // the local environment; nil: os.LookupEnv, without squire's own credentials
}

// NewClient makes a client.
func NewClient(c ClientConfig) *Client { return &Client{c} }

// Resolve hydrates the secrets, binding to c those that have no client yet,
// and returns a Layer for each, in order. It is all or nothing: the error
// joins every miss of every secret (see Faults). Names are resolved
// concurrently, in one batch a provider, under one deadline.
func (c *Client) Resolve(ctx context.Context, secrets ...*Secret) ([]Layer, error) {
	if c.config.Timeout > 0 {
		limited, cancel := withDeadline(ctx, c.config.Timeout, fmt.Errorf("%w: gave up after %s", ErrUnavailable, c.config.Timeout))
		defer cancel()
		ctx = limited
	}
	// Whoever claims a secret loads it; the others wait for it, but only after
	// they have settled what they claimed, so that no two wait for each other.
	for pending := secrets; len(pending) > 0; {
		var mine, others []*Secret
		var waits []<-chan struct{}
		for _, s := range pending {
			s.bind(c)
			if claimed, wait := s.claim(); claimed {
				mine = append(mine, s)
			} else if wait != nil {
				others, waits = append(others, s), append(waits, wait)
			}
		}
		if err := c.load(ctx, mine); err != nil {
			return nil, err
		}
		for _, wait := range waits {
			select {
			case <-wait:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		pending = others
	}
	layers := make([]Layer, len(secrets))
	for i, s := range secrets {
		layers[i] = *s.current()
	}
	return layers, nil
}

// load loads claimed secrets and settles every one of them.
func (c *Client) load(ctx context.Context, secrets []*Secret) error {
	results := make(map[*Secret]*Layer, len(secrets))
	defer func() {
		for _, s := range secrets {
			s.settle(results[s])
		}
	}()
	wait := c.startBatches(ctx, secrets)
	errs := make([]error, 0, len(secrets))
	for _, s := range secrets {
		if s.local != nil {
			vars, err := s.local(ctx, c)
			results[s] = &Layer{Source: s.source, Vars: vars}
			errs = append(errs, blame(err, s))
		}
	}
	for _, b := range wait() {
		errs = append(errs, b.err)
		for i, s := range b.secrets {
			results[s] = &b.layers[i]
		}
	}
	if err := errors.Join(errs...); err != nil {
		clear(results) // a failure is not cached, nor half of a success
		return err
	}
	return nil
}

func (c *Client) lookupEnv(name string) (string, bool) {
	if c.config.LookupEnv != nil {
		return c.config.LookupEnv(name)
	}
	if IsOwnCredential(name) {
		return "", false
	}
	return os.LookupEnv(name)
}

func (c *Client) environment() string {
	if c.config.Environment != "" {
		return c.config.Environment
	}
	return DefaultEnvironment
}

// qualify gives a ref the active environment where it names none.
func (c *Client) qualify(r Ref) Ref {
	if r.Environment == "" {
		r.Environment = c.environment()
	}
	return r
}

func (c *Client) provider(name string) (Provider, error) {
	p := c.config.Provider
	if name != "" {
		p = c.config.Providers[name]
	}
	if p == nil {
		return nil, fmt.Errorf("%w for named secrets: this client has no provider %q", ErrNoClient, name)
	}
	return p, nil
}

func (c *Client) manager(provider string) (Manager, error) {
	p, err := c.provider(provider)
	if err != nil {
		return nil, err
	}
	m, ok := p.(Manager)
	if !ok {
		return nil, fmt.Errorf("%w: this provider only reads", errors.ErrUnsupported)
	}
	return m, nil
}
