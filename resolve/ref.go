package resolve

import (
	"errors"
	"fmt"
	"strings"
)

// ParseRef reads [ENVIRONMENT/]NAME[:KEY,KEY...]. The environment is left
// empty where none is given. The error is an ErrInvalid, and joins every fault.
func ParseRef(text string) (Ref, error) {
	name, keys, required := strings.Cut(text, ":")
	environment, rest, qualified := strings.Cut(name, "/")
	r := Ref{Name: name}
	var err error
	if qualified {
		r.Environment, r.Name = environment, rest
		if environment == "" {
			err = CheckEnvironment("")
		}
	}
	if required {
		r.RequiredKeys = strings.Split(keys, ",")
	}
	if err := errors.Join(err, r.Check()); err != nil {
		return Ref{}, WithHint(err, "write it as db, db:PGUSER,PGPASSWORD or prod/db:PGUSER")
	}
	return r, nil
}

// Check says what is wrong with the names in r; an empty Environment is fine.
// The error joins every fault, each an ErrInvalid.
func (r Ref) Check() error {
	var errs []error
	if r.Environment != "" {
		errs = append(errs, CheckEnvironment(r.Environment))
	}
	errs = append(errs, CheckName(r.Name))
	for _, k := range r.RequiredKeys {
		errs = append(errs, CheckKey(k))
	}
	return errors.Join(errs...)
}

// String is what ParseRef reads.
func (r Ref) String() string {
	s := r.Name
	if r.Environment != "" {
		s = r.Environment + "/" + s
	}
	if len(r.RequiredKeys) > 0 {
		s = fmt.Sprintf("%s:%s", s, strings.Join(r.RequiredKeys, ","))
	}
	return s
}
