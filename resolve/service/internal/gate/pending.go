package gate

import "github.com/squire-env/squire/resolve/service/internal/store"

// pending is a transaction that buffers its changes until apply, so that a write
// that is refused halfway changes nothing, although others share the commit.
// Scan sees the state before the changes.
type pending struct {
	store.Tx
	changes []change
	index   map[[2]string]int // of changes; nil while they are few
	topics  []string
}

type change struct {
	bucket, key string
	value       []byte // nil: delete
}

func (p *pending) Get(bucket, key string) ([]byte, error) {
	if i := p.find(bucket, key); i >= 0 {
		return p.changes[i].value, nil
	}
	return p.Tx.Get(bucket, key)
}

// Peek is Get without a copy, if the engine supports that.
func (p *pending) Peek(bucket, key string) ([]byte, error) {
	if i := p.find(bucket, key); i >= 0 {
		return p.changes[i].value, nil
	}
	if peeker, ok := p.Tx.(store.Peeker); ok {
		return peeker.Peek(bucket, key)
	}
	return p.Tx.Get(bucket, key)
}

func (p *pending) Put(bucket, key string, value []byte) error {
	p.set(change{bucket, key, value})
	return nil
}

func (p *pending) Delete(bucket, key string) error {
	p.set(change{bucket, key, nil})
	return nil
}

func (p *pending) set(c change) {
	if i := p.find(c.bucket, c.key); i >= 0 {
		p.changes[i] = c
		return
	}
	if p.changes == nil {
		p.changes = make([]change, 0, 4)
	}
	p.changes = append(p.changes, c)
	if p.index != nil {
		p.index[[2]string{c.bucket, c.key}] = len(p.changes) - 1
	}
}

func (p *pending) find(bucket, key string) int {
	if len(p.changes) < 16 {
		for i := range p.changes {
			if p.changes[i].key == key && p.changes[i].bucket == bucket {
				return i
			}
		}
		return -1
	}
	if p.index == nil {
		p.index = make(map[[2]string]int, 64)
		for i, c := range p.changes {
			p.index[[2]string{c.bucket, c.key}] = i
		}
	}
	if i, ok := p.index[[2]string{bucket, key}]; ok {
		return i
	}
	return -1
}

func (p *pending) any() bool { return len(p.changes) > 0 }

// Notify is buffered with the changes.
func (p *pending) Notify(topic string) { p.topics = append(p.topics, topic) }

// forget drops the changes.
func (p *pending) forget() { p.changes, p.index, p.topics = nil, nil, nil }

// apply makes the changes, in the order of the first change of each key.
func (p *pending) apply() error {
	for _, c := range p.changes {
		var err error
		if c.value == nil {
			err = p.Tx.Delete(c.bucket, c.key)
		} else {
			err = p.Tx.Put(c.bucket, c.key, c.value)
		}
		if err != nil {
			return err
		}
	}
	for _, topic := range p.topics {
		p.Tx.Notify(topic)
	}
	p.forget()
	return nil
}
