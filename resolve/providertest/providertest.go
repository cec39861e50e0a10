// Package providertest says whether a provider keeps its contract, that of
// resolve.Provider and of resolve.Watcher. Begin with Conform, which runs as a
// test of the provider's own package:
//
//	func TestConform(t *testing.T) {
//		providertest.Conform(t, func(t *testing.T) providertest.Backend { … })
//	}
//
// The backend should be the real one, a server on the loopback say: a fake is
// kinder. Checks may be added: a provider that passes today may fail tomorrow.
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

// Backend is a provider, and the store behind it as other programs change it.
type Backend struct {
	Provider resolve.Provider
	// Scheme is that of its references.
	Scheme string
	// Path is the path of the secret that Put and Delete know by a name, of a-z
	// and digits. Nil: the name itself.
	Path func(name string) string
	// Put stores a secret with these values and no others. There may be one: then
	// it has another version.
	Put func(ctx context.Context, name string, dict map[string]string) error
	// Delete removes a secret that is there.
	Delete func(ctx context.Context, name string) error
	// Refused are paths that can be of no secret: each is an ErrInvalid.
	Refused []string
	// Hang makes the store accept requests and answer none, until the test ends.
	// Nil: it has no way to.
	Hang func()
	// Timeout bounds the wait for what must come. 0: 30 s.
	Timeout time.Duration
}

// Conform runs each check as a subtest on a backend of its own, with an empty
// store.
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

// canary is in every value, and so in no error.
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

// dict makes a secret of KEY=VALUE pairs, with the canary after each value.
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
		k.Error("an answer beside an error")
	}
	if err == nil && len(resolved) != len(refs) {
		k.Fatalf("%d answers to %d references", len(resolved), len(refs))
	}
	return resolved, err
}

// must is resolve where no error is due.
func (k *kit) must(refs ...resolve.Ref) []resolve.Resolved {
	k.Helper()
	resolved, err := k.resolve(refs...)
	if err != nil {
		k.Fatal(err)
	}
	return resolved
}

// fails is resolve where exactly these entries have a fault.
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
