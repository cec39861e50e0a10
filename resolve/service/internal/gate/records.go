package gate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Records is what a caller may access in one transaction: what its accesses name
// and the policy allows. Everything else is not found. It is valid only inside
// the function that it is passed to.
//
//	environments/<environment>                 sealed Environment
//	secrets/<environment>/<name>               sealed Secret, the head
//	secrets/<environment>/<name>/<version 8>   sealed Version; in the head's bucket, to share its page
//	used/<environment>/<name>                  sealed time of the last use
//	created/<environment>/<time 8><name>       0x01; see created_index.go
//	tokens/<id>                                sealed Token
//	meta/…, audit/…                            see meta.go and package audit
type Records struct {
	g          *Gate
	ctx        context.Context
	caller     string    // its name
	scope      api.Scope // of the caller
	pending    pending
	ring       *seal.Keyring // nil: there is no store
	meta       meta
	grants     []grant
	now        time.Time
	looseUses  map[string]time.Time // of the reads that are not merged; nil: not read yet
	auditChain *audit.Chain
	request    string // see Request
	reading    bool   // in Read, not Write
	unused     bool   // see Unused
}

// Unused says that the caller learns nothing new from this read: if it succeeds,
// it leaves no audit line.
func (r *Records) Unused() { r.unused = true }

// Refused reports whether the policy forbids any of the accesses.
func (r *Records) Refused() bool {
	return slices.ContainsFunc(r.grants, func(g grant) bool { return !g.allowed })
}

func (g *Gate) records(ctx context.Context, tx store.Tx, ring *seal.Keyring, caller Caller, accesses []Access) (*Records, error) {
	m, ring, err := g.loadMeta(tx, ring)
	if err != nil {
		return nil, err
	}
	r := g.empty(ctx, tx, caller.Name, caller.Scope)
	r.ring, r.meta = ring, m
	if caller.Token.Len() > 0 {
		if err := r.signIn(caller.Token.Reveal()); err != nil {
			return nil, err
		}
	}
	r.grant(accesses)
	return r, nil
}

func (g *Gate) empty(ctx context.Context, tx store.Tx, caller string, scope api.Scope) *Records {
	return &Records{g: g, ctx: ctx, caller: caller, scope: scope, pending: pending{Tx: tx}, now: g.Now().UTC().Round(0)}
}

// ofNoStore returns the records of a store that does not exist yet: it has no
// tokens either.
func (g *Gate) ofNoStore(ctx context.Context, caller Caller, accesses []Access) (*Records, error) {
	if caller.Token.Len() > 0 {
		return nil, errToken()
	}
	r := g.empty(ctx, &store.Empty{}, caller.Name, caller.Scope)
	r.grant(accesses)
	return r, nil
}

func (r *Records) grant(accesses []Access) {
	r.grants = make([]grant, 0, len(accesses))
	for _, a := range accesses {
		r.grants = append(r.grants, grant{Access: a, allowed: r.allows(a)})
	}
}

func (r *Records) allows(a Access) bool { return allows(r.scope, a) }

// Now is the time of the transaction, UTC.
func (r *Records) Now() time.Time { return r.now }

// Caller is the name of the caller.
func (r *Records) Caller() string { return r.caller }

// may checks that an access covers a secret, or the existence of an environment
// if name is "". What no access names is not found, like what is forbidden.
func (r *Records) may(environment, name string) error {
	return r.covered(environment, name, func(a Access) bool { return a.Name == "" || name == "" || a.Name == name })
}

// mayAll checks that an access covers a whole environment.
func (r *Records) mayAll(environment string) error {
	return r.covered(environment, "", func(a Access) bool { return a.Name == "" })
}

func (r *Records) covered(environment, name string, covers func(Access) bool) error {
	for i := range r.grants {
		a := &r.grants[i]
		if a.Environment != "" && a.Environment != environment || a.storeWide() != (environment == "") || !covers(a.Access) {
			continue
		}
		if a.allowed {
			return nil
		}
		a.outcome = "denied"
		return r.denied(a.Access)
	}
	return absent(environment, name)
}

// Note sets the outcome of the access to one secret, for its audit line. Version
// 0: none.
func (r *Records) Note(environment, name string, version int, err error) {
	for i := range r.grants {
		a := &r.grants[i]
		if a.Environment == environment && a.Name == name && a.outcome == "" {
			a.version, a.outcome = version, outcomeOf(err)
			return
		}
	}
}

// get opens one sealed record; nil if there is none.
func (r *Records) get(bucket, key string) ([]byte, error) {
	b, err := r.pending.Get(bucket, key)
	if b == nil || err != nil {
		return nil, err
	}
	return r.open(bucket, key, b)
}

func (r *Records) open(bucket, key string, b []byte) ([]byte, error) {
	damaged := func() error {
		return fmt.Errorf("%w record: %s %s is damaged", resolve.ErrCorrupt, bucket, printable(key))
	}
	if r.ring == nil {
		return nil, damaged() // impossible: an empty store has no records
	}
	id, err := seal.KeyOf(b)
	if err != nil || !slices.Contains(r.meta.keys, id) {
		return nil, damaged()
	}
	k, ok := r.ring.Key(id)
	if !ok {
		return nil, fmt.Errorf("%w: %s %s is sealed with key %s, which is not in %s", resolve.ErrNoKey, bucket, printable(key), id, r.ring.Path())
	}
	plain, err := seal.Open(k, place(r.meta, bucket, key), b)
	if err != nil {
		return nil, damaged()
	}
	return plain, nil
}

// put seals one record.
func (r *Records) put(bucket, key string, plain []byte) error {
	if r.ring == nil { // a dry run only needs to know that something is put
		return r.pending.Put(bucket, key, []byte{0})
	}
	k := r.ring.Active()
	if m, changed := r.meta.withKey(k.ID()); changed {
		r.meta = m
		if err := r.pending.Put(metaBucket, metaKey, m.marshal()); err != nil {
			return err
		}
	}
	b, err := seal.Seal(k, place(r.meta, bucket, key), plain)
	if err != nil {
		return err
	}
	return r.pending.Put(bucket, key, b)
}

// printable cuts off the binary end of a key.
func printable(key string) string {
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return key[:i]
		}
	}
	return key
}
