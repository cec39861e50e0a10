package resolve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// Client resolves ordered lists of secrets. It is safe for concurrent use.
type Client struct{ config ClientConfig }

// ClientConfig configures a Client; each field is optional.
type ClientConfig struct {
	Providers   map[string]Provider              // by scheme; "" is for references without one
	Timeout     time.Duration                    // of one Resolve as a whole; 0: none
	Concurrency int                              // providers asked at once; 0: 8
	LookupEnv   func(name string) (string, bool) // the local environment; nil: os.LookupEnv, without squire's own credentials
}

// NewClient creates a client.
func NewClient(c ClientConfig) *Client { return &Client{c} }

// Resolve hydrates the secrets and returns a Layer for each, in order. Secrets
// without a client are bound to c. It is all or nothing: the error joins every
// fault, and says which secrets each is about (see Faults and FaultsByIndex).
// Names are resolved concurrently, in one batch per provider, with one deadline.
func (c *Client) Resolve(ctx context.Context, secrets ...*Secret) ([]Layer, error) {
	if c.config.Timeout > 0 {
		limited, cancel := withDeadline(ctx, c.config.Timeout, timeoutError(c.config.Timeout))
		defer cancel()
		ctx = limited
	}
	// The call that claims a secret loads it. Other calls wait for it, but only
	// after they have loaded what they claimed themselves, so that two calls never
	// wait for each other.
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
			return nil, Reindex(err, len(mine), func(i int) []int { return indexesOf(mine[i], secrets) })
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

// indexesOf are the indexes of a secret in a list, which may contain it twice.
func indexesOf(secret *Secret, list []*Secret) (at []int) {
	for i, s := range list {
		if s == secret {
			at = append(at, i)
		}
	}
	return at
}

// load loads claimed secrets and settles every one of them. The error has their
// indexes.
func (c *Client) load(ctx context.Context, secrets []*Secret) error {
	layers := make([]*Layer, len(secrets))
	defer func() {
		for i, s := range secrets {
			s.settle(layers[i])
		}
	}()
	wait := c.startBatches(ctx, secrets)
	var errs []error
	for i, s := range secrets {
		if s.local != nil {
			var err error
			if layers[i], err = s.loadLocal(ctx, c); err != nil {
				errs = append(errs, &IndexError{i, err})
			}
		}
	}
	for _, b := range wait() {
		if b.err != nil {
			errs = append(errs, Reindex(b.err, len(b.at), func(i int) []int { return b.at[i : i+1] }))
			continue
		}
		for i, at := range b.at {
			layers[at] = b.layers[i]
		}
	}
	if errs != nil {
		clear(layers) // nothing is kept of a failure
		return errors.Join(errs...)
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

// provider is the provider for the scheme of a reference.
func (c *Client) provider(ref Ref) (Provider, error) {
	if p := c.config.Providers[ref.Scheme]; p != nil {
		return p, nil
	}
	if ref.Scheme == "" {
		return nil, noClient(ref)
	}
	return nil, UnknownScheme(ref.Scheme, slices.Collect(maps.Keys(c.config.Providers)))
}

// UnknownScheme is the error for a reference with a scheme that is not known. It
// lists those that are.
func UnknownScheme(scheme string, known []string) error {
	list := "none is known"
	if known = slices.DeleteFunc(slices.Sorted(slices.Values(known)), func(s string) bool { return s == "" }); len(known) > 0 {
		list = "want " + strings.Join(known, ", ")
	}
	return fmt.Errorf("%w reference to a secret: unknown scheme %s: %s", ErrInvalid, QuoteName(scheme), list)
}

func (c *Client) manager(ref Ref) (Manager, error) {
	p, err := c.provider(ref)
	if err != nil {
		return nil, err
	}
	m, ok := p.(Manager)
	if !ok {
		return nil, fmt.Errorf("%w: this provider is read-only", errors.ErrUnsupported)
	}
	return m, nil
}
