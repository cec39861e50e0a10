package gate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// bootKey is in the meta bucket once the store has had a token.
const bootKey = "bootstrapped"

// Bootstrap creates the first token of a store that never had one, for an
// administrator of everything. Its text is what tell returns; tell is called at
// most once, and only if the token is needed. did reports whether it was.
func (g *Gate) Bootstrap(ctx context.Context, tell func() (text string, err error)) (did bool, err error) {
	fresh := func(tx store.Tx) (bool, error) {
		b, err := tx.Get(metaBucket, bootKey)
		first := b == nil
		if first && err == nil { // tokens are older than this record
			err = tx.Scan(tokensBucket, store.Range{}, func(string, []byte) (bool, error) {
				first = false
				return false, nil
			})
		}
		return first, err
	}
	textOnce := sync.OnceValues(tell) // a transaction may run again
	caller := Caller{Name: "bootstrap", Scope: everything(api.RoleAdmin)}
	needed := true
	err = g.Store.View(ctx, func(tx store.Tx) (err error) {
		needed, err = fresh(tx)
		return err
	})
	if err == store.ErrAbsent {
		needed, err = true, nil
	}
	if !needed || err != nil {
		return false, err
	}
	err = g.Write(ctx, caller, []Access{{Action: CreateToken}}, func(r *Records) error {
		did = false
		if first, err := fresh(r.pending.Tx); !first || err != nil {
			return err
		}
		did = true
		if err := r.pending.Put(metaBucket, bootKey, []byte{1}); err != nil || r.ring == nil {
			return err // a dry run needs no token
		}
		text, err := textOnce()
		if err != nil {
			return err
		}
		_, err = r.NewToken(text, "bootstrap", caller.Scope, time.Time{})
		return err
	})
	return did && err == nil, err
}

// Check reports whether the caller's credentials are valid, and whether the
// store can be read with the present keys. It leaves no audit line.
func (g *Gate) Check(ctx context.Context, caller Caller) error {
	err := g.Store.View(ctx, func(tx store.Tx) error {
		ring, err := g.loadRing()
		if err != nil {
			return err
		}
		r, err := g.records(ctx, tx, ring, caller, nil)
		if err != nil {
			return err
		}
		sealed, err := tx.Get(metaBucket, auditKey)
		if err == nil {
			_, err = r.open(metaBucket, auditKey, sealed)
		}
		return err
	})
	if err == store.ErrAbsent {
		err = fmt.Errorf("%w: there is no store at %s yet", resolve.ErrUnavailable, g.Store.Location())
	}
	return err
}
