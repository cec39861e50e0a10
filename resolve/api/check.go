package api

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/squire-env/squire/resolve"
)

// Each check tells all that is wrong at once; the errors are ErrInvalid. Both
// sides of a wire make them: a value that is not UTF-8 would be another one at
// the other end.

// Check says what is wrong with the request; an empty Environment is fine.
func (r CreateSecretRequest) Check() error {
	faults := []error{checkSecret(r.Environment, r.Name), checkDict(r.EnvDict)}
	switch r.IfExists {
	case "", resolve.FailIfExists, resolve.KeepIfExists, resolve.OverwriteIfExists:
	default:
		faults = append(faults, fmt.Errorf("%w if_exists: want fail, keep or overwrite", resolve.ErrInvalid))
	}
	return errors.Join(faults...)
}

// Check says what is wrong with the request; an empty Environment is fine.
func (r UpdateSecretRequest) Check() error {
	faults := []error{checkSecret(r.Environment, r.Name), checkChanges(r.EnvDict)}
	if r.ExpectedVersion < 0 {
		faults = append(faults, fmt.Errorf("%w expected version %d: versions count from 1", resolve.ErrInvalid, r.ExpectedVersion))
	}
	return errors.Join(faults...)
}

// Check says what is wrong with the names; an empty Environment is fine.
func (r SecretRequest) Check() error { return checkSecret(r.Environment, r.Name) }

func checkSecret(environment, name string) error {
	if environment == "" {
		environment = resolve.DefaultEnvironment
	}
	return errors.Join(resolve.CheckEnvironment(environment), resolve.CheckName(name))
}

func checkDict(dict EnvDict) error {
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
	return errors.Join(append(faults, CheckSize(dict))...)
}

func checkChanges(changes EnvChanges) error {
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

// CheckSize says whether a secret as a whole is small enough.
func CheckSize(dict map[string]resolve.Value) error {
	size := 0
	for k, v := range dict {
		size += len(k) + v.Len()
	}
	if size > resolve.MaxSecretLength {
		return fmt.Errorf("%w secret: %d bytes of keys and values, and at most %d can be stored", resolve.ErrInvalid, size, resolve.MaxSecretLength)
	}
	return nil
}
