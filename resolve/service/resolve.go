package service

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// Resolve answers all or nothing, from one state of the store; an optional
// secret that is not there is answered as absent. The dicts are shared: they
// must not be changed.
func (s *Service) Resolve(ctx context.Context, req api.ResolveRequest) (api.ResolveResponse, error) {
	refs, err := checkRefs(req.Secrets)
	if err != nil {
		return api.ResolveResponse{}, err
	}
	accesses := accessesTo(gate.Resolve, refs)
	var answer api.ResolveResponse
	err = s.gate.Read(ctx, s.caller, accesses, func(r *gate.Records) error {
		if same, err := unchanged(r, refs, req.Etag); same || err != nil {
			answer = api.ResolveResponse{Etag: req.Etag, Unchanged: true}
			r.Unused()
			return err
		}
		answer = api.ResolveResponse{Secrets: make([]api.ResolvedSecret, 0, len(refs))}
		state := newState()
		var misses []error
		for _, ref := range refs {
			one, head, err := resolveOne(r, ref)
			r.Note(ref.Environment, ref.Name, one.Version, err)
			switch {
			case isAbsent(ref, err):
				one.Absent = true
			case isMiss(err):
				misses = append(misses, err)
			case err != nil:
				return err
			}
			state.add(ref, head)
			answer.Secrets = append(answer.Secrets, one)
		}
		if misses != nil {
			return r.WithHint(errors.Join(misses...))
		}
		answer.Etag = state.etag()
		return nil
	})
	if err != nil {
		return api.ResolveResponse{}, err
	}
	return answer, nil
}

// unchanged reports whether the caller's etag is still current, from the heads of
// the secrets. Optional secrets may be absent; any other missing secret or key is
// left to Resolve, which returns the error.
func unchanged(r *gate.Records, refs []api.SecretRef, etag string) (bool, error) {
	if etag == "" {
		return false, nil
	}
	state := newState()
	for _, ref := range refs {
		head, err := r.Secret(ref.Environment, ref.Name)
		if err != nil && !isMiss(err) && !errors.Is(err, resolve.ErrDenied) {
			return false, err
		}
		keys := head.Keys
		if err == nil && ref.Version != 0 && ref.Version != head.Version {
			var v gate.Version
			if v, err = r.Version(head, ref.Version); err == nil {
				keys = v.Keys()
			} else if !isMiss(err) {
				return false, err
			}
		}
		state.add(ref, head)
		if isAbsent(ref, err) {
			continue
		}
		for _, k := range ref.RequiredKeys {
			if _, found := slices.BinarySearch(keys, k); !found {
				return false, nil
			}
		}
		if err != nil {
			return false, nil
		}
	}
	return state.etag() == etag, nil
}

// isMiss reports that a secret, version or key does not exist.
func isMiss(err error) bool {
	return errors.Is(err, resolve.ErrNotFound) || errors.Is(err, resolve.ErrMissingKeys)
}

// isAbsent reports that an optional secret, or the requested version of it, does
// not exist or may not be seen by this caller.
func isAbsent(ref api.SecretRef, err error) bool {
	return ref.Optional && errors.Is(err, resolve.ErrNotFound)
}

func resolveOne(r *gate.Records, ref api.SecretRef) (one api.ResolvedSecret, head gate.Secret, err error) {
	one = api.ResolvedSecret{Environment: ref.Environment, Name: ref.Name}
	head, err = r.Secret(ref.Environment, ref.Name)
	if err != nil {
		return one, head, err
	}
	v, err := r.Version(head, ref.Version)
	if err != nil {
		return one, head, err
	}
	one.Version = v.Number
	var missing []string
	for _, k := range ref.RequiredKeys {
		if _, ok := v.Dict[k]; !ok {
			missing = append(missing, k)
		}
	}
	if missing != nil {
		return one, head, &resolve.MissingKeysError{Environment: ref.Environment, Name: ref.Name, Keys: missing}
	}
	one.EnvDict = v.Dict
	return one, head, nil
}

// checkRefs sets the default environment, and returns everything that is wrong.
func checkRefs(refs []api.SecretRef) ([]api.SecretRef, error) {
	var faults []error
	checked := make([]api.SecretRef, len(refs))
	for i, ref := range refs {
		ref.Environment = orMain(ref.Environment)
		faults = append(faults, resolve.CheckEnvironment(ref.Environment), resolve.CheckName(ref.Name))
		for _, k := range ref.RequiredKeys {
			faults = append(faults, resolve.CheckKey(k))
		}
		if ref.Version < 0 {
			faults = append(faults, fmt.Errorf("%w version %d of %s: versions count from 1", resolve.ErrInvalid, ref.Version, ref.Name))
		}
		checked[i] = ref
	}
	return checked, errors.Join(faults...)
}

func orMain(environment string) string {
	if environment == "" {
		return resolve.DefaultEnvironment
	}
	return environment
}
