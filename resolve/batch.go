package resolve

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// batch is what one provider is asked for in one round trip.
type batch struct {
	client *Client
	refs   []Ref
	at     []int // of each ref: the index of its secret in the list
	layers []*Layer
	err    error // by index of refs

	panicked any // what a provider panicked with; raised again in the caller's goroutine, which can recover
}

// startBatches groups the named secrets by provider and asks each in a
// goroutine of its own, at most Concurrency at once. The function that it
// returns waits for the answers; it must be called. If there is one batch, as
// usual, the waiting goroutine asks for it itself: another goroutine would cost
// a new process a thread.
func (c *Client) startBatches(ctx context.Context, secrets []*Secret) (wait func() []*batch) {
	var batches []*batch
	type key struct {
		client *Client
		scheme string
	}
	byKey := map[key]*batch{}
	for i, s := range secrets {
		if s.local != nil {
			continue
		}
		k := key{s.bound(), s.ref.Scheme}
		b := byKey[k]
		if b == nil {
			b = &batch{client: k.client}
			byKey[k], batches = b, append(batches, b)
		}
		b.refs, b.at = append(b.refs, s.ref), append(b.at, i)
	}
	if len(batches) <= 1 {
		return func() []*batch {
			for _, b := range batches {
				b.run(ctx)
			}
			return batches
		}
	}
	limit := c.config.Concurrency
	if limit <= 0 {
		limit = 8
	}
	slots := make(chan struct{}, limit)
	var group sync.WaitGroup
	for _, b := range batches {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			defer func() { b.panicked = recover() }()
			b.run(ctx)
		})
	}
	return func() []*batch {
		group.Wait()
		for _, b := range batches {
			if b.panicked != nil {
				panic(b.panicked)
			}
		}
		return batches
	}
}

// run asks the provider, and applies the selection of each secret to its answer.
func (b *batch) run(ctx context.Context) {
	p, err := b.client.provider(b.refs[0])
	if err != nil {
		b.err = err
		return
	}
	resolved, err := p.Resolve(ctx, b.refs)
	switch {
	case err != nil:
		b.err = err
		return
	case len(resolved) != len(b.refs):
		b.err = fmt.Errorf("%w: the provider answered %d of %d references", ErrUnavailable, len(resolved), len(b.refs))
		return
	}
	b.layers = make([]*Layer, len(b.refs))
	var errs []error
	for i, ref := range b.refs {
		if b.layers[i], err = ref.layer(resolved[i]); err != nil {
			errs = append(errs, &IndexError{i, err})
		}
	}
	b.err = errors.Join(errs...)
}
