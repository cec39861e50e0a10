package api

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/squire-env/squire/resolve"
)

// Each check returns everything that is wrong at once, as ErrInvalid. Client and
// server both check: JSON would change a value that is not UTF-8.

// Check returns what is wrong with the request; an empty Environment is valid.
func (r CreateSecretRequest) Check() error {
	faults := []error{checkSecret(r.Environment, r.Name), checkDict(r.EnvDict)}
	switch r.IfExists {
	case "", resolve.FailIfExists, resolve.KeepIfExists, resolve.OverwriteIfExists:
	default:
		faults = append(faults, fmt.Errorf("%w if_exists: want fail, keep or overwrite", resolve.ErrInvalid))
	}
	return errors.Join(faults...)
}

// Check returns what is wrong with the request; an empty Environment is valid.
func (r UpdateSecretRequest) Check() error {
	faults := []error{checkSecret(r.Environment, r.Name), checkChanges(r.EnvDict)}
	if r.ExpectedVersion < 0 {
		faults = append(faults, fmt.Errorf("%w expected version %d: versions count from 1", resolve.ErrInvalid, r.ExpectedVersion))
	}
	return errors.Join(faults...)
}

// Check returns what is wrong with the names; an empty Environment is valid.
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
	slices.Sort(bad)
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
		return err // the other check would print the key
	}
	return resolve.CheckValue(key, v)
}

// CheckSize checks the total size of a secret.
func CheckSize(dict map[string]resolve.Value) error {
	size := 0
	for k, v := range dict {
		size += len(k) + v.Len()
	}
	if size > resolve.MaxSecretLength {
		return fmt.Errorf("%w secret: %d bytes of keys and values; the limit is %d", resolve.ErrInvalid, size, resolve.MaxSecretLength)
	}
	return nil
}
