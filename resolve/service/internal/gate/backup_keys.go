package gate

import (
	"fmt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/seal"
)

// What the keys are told of a store that comes from elsewhere, in this order.

// Accept says whether a store that is sealed with the keys of ring can be had
// with these. A file can take them in; a given key must be the one.
func (k Keys) Accept(ring *seal.Keyring) error {
	if k.Given == nil {
		return nil
	}
	own := k.Given.Active().ID().String()
	for _, id := range ring.IDs() {
		if id != own {
			return resolve.WithHint(fmt.Errorf("%w: the store is sealed with key %s, and SQUIRE_MASTER_KEY is key %s", resolve.ErrNoKey, id, own),
				"unset SQUIRE_MASTER_KEY and use a key file: it takes the store's keys in")
		}
	}
	return nil
}

// Merge takes the keys of ring in, before the store comes to its place.
func (k Keys) Merge(ring *seal.Keyring, location string) error {
	if k.Given != nil {
		return nil
	}
	_, err := k.File.Merge(ring, location)
	return err
}

// Note records the store, once it is there.
func (k Keys) Note(id, location string) error {
	if k.Given != nil {
		return nil
	}
	ring, err := k.File.Load()
	if err != nil {
		return err
	}
	return k.File.Record(ring, id, location)
}
