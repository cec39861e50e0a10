package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// Resolve answers all or nothing, from one state of the store.
func (s *Service) Resolve(ctx context.Context, req api.ResolveRequest) (api.ResolveResponse, error) {
	refs, err := checkRefs(req.Secrets)
	if err != nil {
		return api.ResolveResponse{}, err
	}
	accesses := make([]gate.Access, len(refs))
	for i, ref := range refs {
		accesses[i] = gate.Access{Action: gate.Resolve, Environment: ref.Environment, Name: ref.Name}
	}
	var answer []api.ResolvedSecret
	err = s.gate.Read(ctx, s.caller, accesses, func(r *gate.Records) error {
		answer = make([]api.ResolvedSecret, 0, len(refs))
		var misses []error
		for _, ref := range refs {
			one, err := resolveOne(r, ref)
			r.Note(ref.Environment, ref.Name, one.Version, err)
			if err != nil && !errors.Is(err, resolve.ErrNotFound) && !errors.Is(err, resolve.ErrMissingKeys) {
				return err
			}
			if err != nil {
				misses = append(misses, err)
			}
			answer = append(answer, one)
		}
		return errors.Join(misses...)
	})
	if err != nil {
		return api.ResolveResponse{}, err
	}
	return api.ResolveResponse{Secrets: answer}, nil
}

func resolveOne(r *gate.Records, ref api.SecretRef) (api.ResolvedSecret, error) {
	one := api.ResolvedSecret{Environment: ref.Environment, Name: ref.Name}
	head, err := r.Secret(ref.Environment, ref.Name)
	if err != nil {
		return one, err
	}
	v, err := r.Version(head, ref.Version)
	if err != nil {
		return one, err
	}
	one.Version = v.Number
	var missing []string
	for _, k := range ref.RequiredKeys {
		if _, ok := v.Dict[k]; !ok {
			missing = append(missing, k)
		}
	}
	if missing != nil {
		return one, &resolve.MissingKeysError{Environment: ref.Environment, Name: ref.Name, Keys: missing}
	}
	one.EnvDict = v.Dict
	return one, nil
}

// checkRefs fills in the default environment, and tells all that is wrong.
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
