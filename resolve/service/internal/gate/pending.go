package gate

import "github.com/squire-env/squire/resolve/service/internal/store"

// pending is a transaction that keeps its changes back until they are agreed:
// what is refused halfway leaves nothing, though others share the commit.
// Scan sees the state from before the changes.
type pending struct {
	store.Tx
	changes map[change][]byte // nil: delete
	order   []change
}

type change struct{ bucket, key string }

func (p *pending) Get(bucket, key string) ([]byte, error) {
	if v, ok := p.changes[change{bucket, key}]; ok {
		return v, nil
	}
	return p.Tx.Get(bucket, key)
}

func (p *pending) Put(bucket, key string, value []byte) error {
	p.set(change{bucket, key}, value)
	return nil
}

func (p *pending) Delete(bucket, key string) error {
	p.set(change{bucket, key}, nil)
	return nil
}

func (p *pending) set(c change, value []byte) {
	if p.changes == nil {
		p.changes = map[change][]byte{}
	}
	if _, ok := p.changes[c]; !ok {
		p.order = append(p.order, c)
	}
	p.changes[c] = value
}

func (p *pending) any() bool { return len(p.order) > 0 }

// forget drops the changes.
func (p *pending) forget() { p.changes, p.order = nil, nil }

// apply makes the changes, in the order in which they were made first.
func (p *pending) apply() error {
	for _, c := range p.order {
		v := p.changes[c]
		var err error
		if v == nil {
			err = p.Tx.Delete(c.bucket, c.key)
		} else {
			err = p.Tx.Put(c.bucket, c.key, v)
		}
		if err != nil {
			return err
		}
	}
	p.forget()
	return nil
}
