package gate

import (
	"errors"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Environment is a namespace of secrets.
type Environment struct {
	Name      string
	CreatedAt time.Time // zero for the default one, which always exists
	CreatedBy string
	Secrets   int    // how many the caller may list; set by Environments only
	Request   string // name of the write that created it, or ""; see Records.Request
}

const environmentsBucket = "environments"

func isAbsent(err error) bool { return errors.Is(err, resolve.ErrNotFound) }

// Environment reads one environment. The default one always exists.
func (r *Records) Environment(name string) (Environment, error) {
	if err := r.may(name, ""); err != nil {
		return Environment{}, err
	}
	if name == resolve.DefaultEnvironment {
		return Environment{Name: name}, nil
	}
	b, err := r.get(environmentsBucket, name)
	if err != nil {
		return Environment{}, err
	}
	if b == nil {
		if err := r.checkNoEnvironment(name); err != nil {
			return Environment{}, err
		}
		return Environment{}, absent(name, "")
	}
	return parseEnvironment(name, b)
}

func parseEnvironment(name string, b []byte) (Environment, error) {
	d := decoder{b: b}
	e := Environment{Name: name, CreatedAt: d.time(), CreatedBy: d.text()}
	if len(d.b) > 0 { // else written before requests had ids
		e.Request = d.text()
	}
	if d.bad {
		return e, damaged(environmentsBucket, name)
	}
	return e, nil
}

// Environments reads all environments that the policy shows, ordered by name.
func (r *Records) Environments() (all []Environment, err error) {
	if a := (Access{Action: ListEnvironments}); !r.allows(a) {
		return nil, r.denied(a)
	}
	known := map[string]bool{}
	see := func(e Environment) error {
		known[e.Name] = true
		if !r.allows(Access{ListEnvironments, e.Name, ""}) {
			return nil
		}
		e.Secrets, err = r.count(e.Name)
		all = append(all, e)
		return err
	}
	if err := see(Environment{Name: resolve.DefaultEnvironment}); err != nil {
		return nil, err
	}
	err = r.pending.Scan(environmentsBucket, store.Range{}, func(name string, sealed []byte) (bool, error) {
		b, err := r.open(environmentsBucket, name, sealed)
		if err != nil {
			return false, err
		}
		e, err := parseEnvironment(name, b)
		if err == nil {
			err = see(e)
		}
		return true, err
	})
	if err == nil {
		err = r.checkEnvironments(known)
	}
	return all, err
}

// NewEnvironment stores an environment that does not exist yet.
func (r *Records) NewEnvironment(name string) (Environment, error) {
	e := Environment{Name: name, CreatedAt: r.now, CreatedBy: r.caller, Request: r.request}
	if err := r.mayAll(name); err != nil {
		return e, err
	}
	var b encoder
	b.time(e.CreatedAt)
	b.text(e.CreatedBy)
	if e.Request != "" {
		b.text(e.Request)
	}
	return e, r.put(environmentsBucket, name, b)
}

// RemoveEnvironment deletes an environment and every secret in it.
func (r *Records) RemoveEnvironment(name string) error {
	if err := r.mayAll(name); err != nil {
		return err
	}
	r.pending.Notify(name + "/")
	for _, bucket := range []string{secretsBucket, usedBucket, createdBucket} {
		err := r.pending.Scan(bucket, store.Range{Prefix: name + "/"}, func(key string, _ []byte) (bool, error) {
			return true, r.pending.Delete(bucket, key)
		})
		if err != nil {
			return err
		}
	}
	return r.pending.Delete(environmentsBucket, name)
}
