package resolve

import "errors"

// blamed is an error that is about some secrets: of a local one its own, of
// named ones what their provider said. It prints as the error does, and Faults
// looks through it.
type blamed struct {
	error
	secrets []*Secret
}

func (b *blamed) Unwrap() error { return b.error }

func blame(err error, secrets ...*Secret) error {
	if err == nil {
		return nil
	}
	return &blamed{err, secrets}
}

// Culprits says which of the secrets a failed Resolve of them was about, and
// what is wrong with each: for a status page. A local secret has its own
// error; a named one that is absent, or lacks keys, has just that; any other
// fault of a provider is of all that it was asked for. A fault that nobody can
// be blamed for, such as the end of the time, is of all secrets.
func Culprits(err error, secrets []*Secret) map[*Secret]error {
	all := map[*Secret]error{}
	each(err, secrets, func(fault error, owners []*Secret) {
		asked := map[*Secret]bool{}
		for _, s := range owners {
			asked[s] = true
		}
		told := map[*Secret]bool{} // a list may name a secret twice
		for _, s := range secrets {
			if asked[s] && !told[s] {
				told[s], all[s] = true, errors.Join(all[s], fault)
			}
		}
	})
	return all
}

// each calls fn for each fault in err, with the secrets that it is about.
func each(err error, owners []*Secret, fn func(fault error, owners []*Secret)) {
	var inner *blamed
	if b, ok := err.(*blamed); ok {
		each(b.error, b.secrets, fn)
		return
	}
	if errors.As(err, &inner) {
		switch x := err.(type) {
		case interface{ Unwrap() []error }:
			for _, e := range x.Unwrap() {
				each(e, owners, fn)
			}
			return
		case interface{ Unwrap() error }:
			each(x.Unwrap(), owners, fn)
			return
		}
	}
	for _, fault := range Faults(err) {
		fn(fault, about(fault, owners))
	}
}

// about are those of the owners that a miss names; all where it is no miss.
func about(fault error, owners []*Secret) []*Secret {
	var environment, name string
	var absent *NotFoundError
	var missing *MissingKeysError
	switch {
	case errors.As(fault, &absent):
		environment, name = absent.Environment, absent.Name
	case errors.As(fault, &missing):
		environment, name = missing.Environment, missing.Name
	default:
		return owners
	}
	var named []*Secret
	for _, s := range owners {
		c := s.bound()
		if c == nil {
			c = &Client{}
		}
		if ref := c.qualify(s.named.ref); s.local == nil && ref.Environment == environment && ref.Name == name {
			named = append(named, s)
		}
	}
	if named == nil {
		return owners
	}
	return named
}
