package service

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Each check tells all that is wrong at once.

func checkSecret(environment, name string) error {
	return errors.Join(resolve.CheckEnvironment(environment), resolve.CheckName(name))
}

func checkDict(dict api.EnvDict) error {
	var bad []string
	for k, v := range dict {
		if checkPair(k, v) != nil {
			bad = append(bad, k)
		}
	}
	slices.Sort(bad) // all the others need no order
	var faults []error
	for _, k := range bad {
		faults = append(faults, checkPair(k, dict[k]))
	}
	return errors.Join(append(faults, checkSize(dict))...)
}

func checkChanges(changes api.EnvChanges) error {
	var faults []error
	for _, k := range slices.Sorted(maps.Keys(changes)) {
		if v := changes[k]; v != nil {
			faults = append(faults, checkPair(k, *v))
		} else {
			faults = append(faults, resolve.CheckKey(k))
		}
	}
	return errors.Join(faults...)
}

func checkPair(key string, v resolve.Value) error {
	if err := resolve.CheckKey(key); err != nil {
		return err // and nothing of a value under a name that may not be shown
	}
	return resolve.CheckValue(key, v)
}

func checkSize(dict map[string]resolve.Value) error {
	size := 0
	for k, v := range dict {
		size += len(k) + v.Len()
	}
	if size > resolve.MaxSecretLength {
		return fmt.Errorf("%w secret: %d bytes of keys and values, and at most %d can be stored", resolve.ErrInvalid, size, resolve.MaxSecretLength)
	}
	return nil
}
