package resolve

import (
	"context"
	"errors"
	"sync"
)

// batch is what one provider is asked in one round trip.
type batch struct {
	client  *Client
	name    string // of the provider
	secrets []*Secret
	layers  []Layer
	err     error

	panicked any // what a provider panicked with: raised again in the caller's goroutine, where it can be caught
}

// startBatches groups the named secrets by provider and asks each in a
// goroutine of its own, at most Concurrency at once. What it returns waits for
// the answers; it must be called. A lone batch, the usual case, is asked by
// the waiter itself: a goroutine would cost the start of a process a thread.
func (c *Client) startBatches(ctx context.Context, secrets []*Secret) (wait func() []*batch) {
	var batches []*batch
	type key struct {
		client   *Client
		provider string
	}
	byKey := map[key]*batch{}
	for _, s := range secrets {
		if s.local != nil {
			continue
		}
		k := key{s.bound(), s.named.provider}
		if byKey[k] == nil {
			byKey[k] = &batch{client: k.client, name: k.provider}
			batches = append(batches, byKey[k])
		}
		byKey[k].secrets = append(byKey[k].secrets, s)
	}
	limit := c.config.Concurrency
	if limit <= 0 {
		limit = 8
	}
	slots := make(chan struct{}, limit)
	if len(batches) <= 1 {
		return func() []*batch {
			for _, b := range batches {
				b.run(ctx)
			}
			return batches
		}
	}
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

// run asks the provider. A secret that is optional and absent is left out and
// the rest is asked for again, since the provider answers all or nothing.
func (b *batch) run(ctx context.Context) {
	p, err := b.client.provider(b.name)
	if err != nil {
		b.fail(err)
		return
	}
	refs := make([]Ref, len(b.secrets))
	for i, s := range b.secrets {
		refs[i] = b.client.qualify(s.named.ref)
		err = errors.Join(err, blame(refs[i].Check(), s))
	}
	if err != nil {
		b.fail(err)
		return
	}
	b.layers = make([]Layer, len(refs))
	for i, s := range b.secrets {
		b.layers[i] = Layer{Source: s.named.source(refs[i].Environment, 0), Remote: true, Environment: refs[i].Environment, Name: refs[i].Name}
	}
	asked := make([]int, len(refs))
	for i := range refs {
		asked[i] = i
	}
	for len(asked) > 0 {
		batch := make([]Ref, len(asked))
		for i, n := range asked {
			batch[i] = refs[n]
		}
		resolved, err := p.Resolve(ctx, batch)
		if err == nil {
			for i, n := range asked {
				b.layers[n].Source = b.secrets[n].named.source(refs[n].Environment, resolved[i].Version)
				b.layers[n].Version, b.layers[n].Vars = resolved[i].Version, resolved[i].Vars
			}
			return
		}
		present, rest := b.withoutAbsent(refs, asked, err)
		if rest != nil || len(present) == len(asked) {
			if rest == nil {
				rest = err
			}
			b.fail(rest)
			return
		}
		asked = present
	}
}

// withoutAbsent takes from asked the optional secrets that err says are
// absent, and from err those misses; what is left of err is the failure.
func (b *batch) withoutAbsent(refs []Ref, asked []int, err error) (present []int, rest error) {
	absent := map[[2]string]bool{}
	var others []error
	for _, fault := range Faults(err) {
		var miss *NotFoundError
		if errors.As(fault, &miss) && b.optional(refs, miss) {
			absent[[2]string{miss.Environment, miss.Name}] = true
			continue
		}
		others = append(others, fault)
	}
	for _, n := range asked {
		if !absent[[2]string{refs[n].Environment, refs[n].Name}] {
			present = append(present, n)
		}
	}
	return present, errors.Join(others...)
}

// optional says whether every mention of that secret in the list is optional.
func (b *batch) optional(refs []Ref, miss *NotFoundError) bool {
	for i, r := range refs {
		if r.Environment == miss.Environment && r.Name == miss.Name && !b.secrets[i].named.optional {
			return false
		}
	}
	return true
}

func (b *batch) fail(err error) { b.layers, b.secrets, b.err = nil, nil, blame(err, b.secrets...) }
