package resolve

import (
	"context"
	"errors"
	"fmt"
)

// Watch waits until one of the named secrets may have changed since the client
// resolved them last, and returns nil. It may return without a change, but it
// misses none, also not between two calls. Local secrets have Files instead.
//
// All providers are asked concurrently. The error is that of ctx, or the first of
// a provider: the caller retries later, and polls in the meantime. It is
// errors.ErrUnsupported, for every call, if there is no named secret or none of
// their providers can watch; if some can, the others are left out.
func (c *Client) Watch(ctx context.Context, secrets ...*Secret) error {
	watches, err := c.watches(secrets)
	if err != nil {
		return err
	}
	if len(watches) == 1 { // the usual case: no goroutine whose stack grows with each call
		err := watches[0].provider.Watch(ctx, watches[0].refs)
		if errors.Is(err, errors.ErrUnsupported) {
			return errNoWatch()
		}
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		err      error
		panicked any
	}
	results := make(chan result, len(watches))
	for _, w := range watches {
		go func() {
			var r result
			defer func() {
				r.panicked = recover()
				results <- r
			}()
			r.err = w.provider.Watch(ctx, w.refs)
		}()
	}
	// The first that counts ends the others, and all are waited for; of those
	// that reported a change, one is enough.
	ended, changed, first := false, false, error(nil)
	var panicked any
	for range watches {
		r := <-results
		switch {
		case r.panicked != nil:
			panicked = r.panicked
		case errors.Is(r.err, errors.ErrUnsupported):
			continue
		case r.err == nil:
			changed = true
		case !ended:
			first = r.err
		}
		ended = true
		cancel()
	}
	switch {
	case panicked != nil:
		panic(panicked) // in the caller's goroutine, which can recover
	case changed:
		return nil
	case !ended:
		return errNoWatch()
	}
	return first
}

func errNoWatch() error {
	return fmt.Errorf("%w: no provider of these secrets reports changes", errors.ErrUnsupported)
}

// watch is what one provider is asked: the same refs in the same order as in its
// batch in Resolve.
type watch struct {
	provider Watcher
	refs     []Ref
}

func (c *Client) watches(secrets []*Secret) (all []*watch, err error) {
	type key struct {
		client *Client
		scheme string
	}
	byKey := map[key]*watch{}
	seen := map[*Secret]bool{}
	for _, s := range secrets {
		if s.local != nil || seen[s] {
			continue
		}
		seen[s] = true
		k := key{s.bind(c), s.ref.Scheme}
		p, err := k.client.provider(s.ref)
		if err != nil {
			return nil, err
		}
		w, ok := p.(Watcher)
		if !ok {
			continue
		}
		if byKey[k] == nil {
			byKey[k] = &watch{provider: w}
			all = append(all, byKey[k])
		}
		byKey[k].refs = append(byKey[k].refs, s.ref)
	}
	if all == nil {
		return nil, errNoWatch()
	}
	return all, nil
}
