// Package providertest tests whether a provider keeps the contract of
// resolve.Provider and resolve.Watcher. Start with Conform, in a test of the
// provider's package:
//
//	func TestConform(t *testing.T) {
//		providertest.Conform(t, func(t *testing.T) providertest.Backend { … })
//	}
//
// Use the real backend, such as a server on this machine: a fake tends to be more
// tolerant. It promises only that checks are added: a provider that passes may fail
// with a later version.
package providertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
)

// Backend is a provider and its store, as other programs change it.
type Backend struct {
	Provider resolve.Provider
	// Scheme is the scheme of its references.
	Scheme string
	// Path returns the path for a name of Put and Delete, which consists of a-z.
	// Nil: the name itself.
	Path func(name string) string
	// Put stores a secret with exactly these values. If it exists, it gets a new
	// version.
	Put func(ctx context.Context, name string, dict map[string]string) error
	// Delete removes an existing secret.
	Delete func(ctx context.Context, name string) error
	// Refused are paths that are not valid: each is an ErrInvalid.
	Refused []string
	// Hang makes the store accept requests without answering, until the test ends.
	// Nil: not possible.
	Hang func()
	// Timeout limits the wait for expected changes. 0: 30 s.
	Timeout time.Duration
}

// Conform runs each check as a subtest, with a new backend whose store is empty.
func Conform(t *testing.T, open func(t *testing.T) Backend) {
	for _, check := range []struct {
		name string
		run  func(*kit)
	}{
		{"answers in order", answersInOrder},
		{"values as they are", valuesAsTheyAre},
		{"answers all or nothing", answersAllOrNothing},
		{"asserts required and selected keys", assertsKeys},
		{"leaves out what is optional and absent", leavesOutAbsent},
		{"versions tell changes apart", versionsTellChanges},
		{"refuses paths", refusesPaths},
		{"ends with its context", endsWithContext},
		{"concurrent calls", concurrentCalls},
		{"watch returns after a change", watchReturns},
		{"watch waits", watchWaits},
		{"watch misses nothing", watchMissesNothing},
		{"watch sees a secret come and go", watchSeesAbsent},
		{"watch ends with its context", watchEnds},
	} {
		t.Run(check.name, func(t *testing.T) {
			k := &kit{T: t, Backend: open(t)}
			if k.Timeout == 0 {
				k.Timeout = 30 * time.Second
			}
			check.run(k)
		})
	}
}

// canary is part of every value, and must not be in any error.
const canary = "c4n4ry-providertest"

// kit is one check.
type kit struct {
	*testing.T
	Backend
}

func (k *kit) put(name string, pairs ...string) {
	k.Helper()
	if err := k.Put(k.Context(), name, dict(pairs...)); err != nil {
		k.Fatalf("put %s: %v", name, err)
	}
}

func (k *kit) delete(name string) {
	k.Helper()
	if err := k.Delete(k.Context(), name); err != nil {
		k.Fatalf("delete %s: %v", name, err)
	}
}

// dict makes a secret of KEY=VALUE pairs, and appends the canary to each value.
func dict(pairs ...string) map[string]string {
	d := make(map[string]string, len(pairs))
	for _, p := range pairs {
		key, value, _ := strings.Cut(p, "=")
		d[key] = value + canary
	}
	return d
}

func (k *kit) ref(name string, required ...string) resolve.Ref {
	path := name
	if k.Path != nil {
		path = k.Path(name)
	}
	return resolve.Ref{Scheme: k.Scheme, Path: path, RequiredKeys: required}
}

func (k *kit) optional(name string, required ...string) resolve.Ref {
	r := k.ref(name, required...)
	r.Optional = true
	return r
}

func only(r resolve.Ref, keys ...string) resolve.Ref {
	r.Only = keys
	return r
}

// resolve asks for refs, with a limit to the time.
func (k *kit) resolve(refs ...resolve.Ref) ([]resolve.Resolved, error) {
	k.Helper()
	ctx, cancel := context.WithTimeout(k.Context(), k.Timeout)
	defer cancel()
	resolved, err := k.Provider.Resolve(ctx, refs)
	k.holdsNoValue(err)
	if err != nil && resolved != nil {
		k.Error("an answer and an error")
	}
	if err == nil && len(resolved) != len(refs) {
		k.Fatalf("%d answers to %d references", len(resolved), len(refs))
	}
	return resolved, err
}

// must is resolve without an error.
func (k *kit) must(refs ...resolve.Ref) []resolve.Resolved {
	k.Helper()
	resolved, err := k.resolve(refs...)
	if err != nil {
		k.Fatal(err)
	}
	return resolved
}

// fails is resolve with faults of exactly these entries.
func (k *kit) fails(refs []resolve.Ref, at ...int) map[int]error {
	k.Helper()
	_, err := k.resolve(refs...)
	if err == nil {
		k.Fatal("no error")
	}
	by := resolve.FaultsByIndex(err, len(refs))
	for _, i := range at {
		if by[i] == nil {
			k.Errorf("no fault at index %d of: %v", i, err)
		}
	}
	if len(by) != len(at) {
		k.Fatalf("faults of %d entries, not of %d: %v", len(by), len(at), err)
	}
	return by
}

func (k *kit) holdsNoValue(err error) {
	k.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", e, e, e), canary) {
			k.Errorf("an error of type %T holds a value", e)
		}
	}
	if strings.Contains(resolve.Hint(err), canary) {
		k.Error("a hint holds a value")
	}
}

// shown are the variables as KEY=VALUE, without the canary, in their order.
func shown(r resolve.Resolved) string {
	pairs := make([]string, len(r.Vars))
	for i, v := range r.Vars {
		pairs[i] = v.Name + "=" + strings.TrimSuffix(v.Value.Reveal(), canary)
	}
	return strings.Join(pairs, " ")
}
