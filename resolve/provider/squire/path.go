package squire

import (
	"errors"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

const pathHint = "write it as db, db:PGUSER,PGPASSWORD or prod/db:PGUSER"

// ParsePath parses [ENVIRONMENT/]NAME; environment is "" if there is none. The
// error is an ErrInvalid and joins all faults.
func ParsePath(path string) (environment, name string, err error) {
	environment, name, qualified := strings.Cut(path, "/")
	if !qualified {
		environment, name = "", path
	}
	if qualified {
		err = resolve.CheckEnvironment(environment)
	}
	return environment, name, errors.Join(err, resolve.CheckName(name))
}

// CheckRef checks the path and the keys of a reference. The error is an ErrInvalid
// and joins all faults.
func CheckRef(ref resolve.Ref) error {
	if ref.Scheme != "" {
		return resolve.UnknownScheme(ref.Scheme, nil)
	}
	_, _, err := ParsePath(ref.Path)
	faults := []error{err}
	for _, k := range ref.Keys() {
		faults = append(faults, resolve.CheckKey(k))
	}
	if err := errors.Join(faults...); err != nil {
		return resolve.WithHint(err, pathHint)
	}
	return nil
}

// wireRefs are the references for the service, in the active environment if they
// have none. The error has all faults of all references, with their indexes.
func (n names) wireRefs(refs []resolve.Ref) ([]api.SecretRef, error) {
	wire := make([]api.SecretRef, len(refs))
	var faults []error
	for i, ref := range refs {
		if err := CheckRef(ref); err != nil {
			faults = append(faults, &resolve.IndexError{Index: i, Err: err})
			continue
		}
		at, _ := n.at(ref.Path)
		wire[i] = api.SecretRef{Environment: at.Environment, Name: at.Name, RequiredKeys: ref.Keys(), Optional: ref.Optional}
	}
	return wire, errors.Join(faults...)
}

// at is the secret of a path, in the active environment if the path has none.
func (n names) at(path string) (api.SecretRequest, error) {
	environment, name, err := ParsePath(path)
	if environment == "" {
		environment = n.active()
	}
	return api.SecretRequest{Environment: environment, Name: name}, err
}

func (n names) active() string {
	if n.environment == "" {
		return resolve.DefaultEnvironment
	}
	return n.environment
}
