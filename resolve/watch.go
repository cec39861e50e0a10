package resolve

import (
	"context"
	"errors"
	"fmt"
)

// Watch waits until one of the named secrets may have changed since the client
// resolved them last, and returns nil: at times too often, but it misses no
// change, also none between two calls. Local secrets have Files instead.
//
// The providers are asked all at once. An error is that of ctx, or the first
// of a provider: the caller tries again after a pause, and resolves meanwhile
// as often as it would without Watch. It is errors.ErrUnsupported, and stays
// so, where there is no named secret, or no provider of one can watch; one
// that cannot, beside one that can, is left out.
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
		panic(panicked) // in the caller's goroutine, where it can be caught
	case changed:
		return nil
	case !ended:
		return errNoWatch()
	}
	return first
}

func errNoWatch() error {
	return fmt.Errorf("%w: no provider of these secrets tells of changes", errors.ErrUnsupported)
}

// watch is what one provider is asked: the same refs, in the same order, as
// its batch of a Resolve of the same secrets.
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
