package gate

import (
	"fmt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/seal"
)

// The steps of a restore that concern the keys, in this order: Accept, Merge,
// Note.

// Accept checks whether a store that is sealed with the keys of ring can be
// used with these keys. A file can store more keys; a given key must be the one.
func (k Keys) Accept(ring *seal.Keyring) error {
	if k.Given == nil {
		return nil
	}
	own := k.Given.Active().ID().String()
	for _, id := range ring.IDs() {
		if id != own {
			return resolve.WithHint(fmt.Errorf("%w: the store is sealed with key %s, and SQUIRE_MASTER_KEY is key %s", resolve.ErrNoKey, id, own),
				"unset SQUIRE_MASTER_KEY and use a key file: the store's keys are added to it")
		}
	}
	return nil
}

// Merge adds the keys of ring to the file, before the store is in its place.
func (k Keys) Merge(ring *seal.Keyring, location string) error {
	if k.Given != nil {
		return nil
	}
	_, err := k.File.Merge(ring, location)
	return err
}

// Note records in the file that the store exists, once it is in its place.
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
