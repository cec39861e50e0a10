package gate

import (
	"context"
	"errors"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// walkStep is how many records of the chain are checked in one transaction.
const walkStep = 1000

// Verify checks the audit chain, calls see, which may be nil, with each line,
// and returns how far it got. It leaves a line like any other access.
func (g *Gate) Verify(ctx context.Context, caller Caller, see func(audit.Entry)) (walk audit.Walk, err error) {
	if ok, err := g.Store.Exists(ctx); err != nil || !ok { // a missing trail is not a valid one
		if err == nil {
			err = g.refuseLost(ctx)
		}
		if err == nil {
			err = g.noStore()
		}
		return walk, err
	}
	accesses := []Access{{Action: VerifyAudit}}
	allowed, err := g.allowed(ctx, caller, accesses)
	if err != nil {
		return walk, err
	}
	var answer error
	if allowed {
		if err := g.Flush(ctx); err != nil {
			return walk, err
		}
		walk, answer = g.walk(ctx, see)
	}
	err = g.Read(ctx, caller, accesses, func(r *Records) error {
		if err := r.mayStore(); err != nil {
			return err
		}
		return answer
	})
	return walk, err
}

// allowed checks the policy before work that is too long for one transaction. It
// leaves no line: the access itself does.
func (g *Gate) allowed(ctx context.Context, caller Caller, accesses []Access) (ok bool, err error) {
	err = g.Store.View(ctx, func(tx store.Tx) error {
		r, err := g.recordsOf(ctx, tx, caller, accesses)
		if err != nil {
			return err
		}
		ok = r.mayStore() == nil
		return nil
	})
	if errors.Is(err, store.ErrAbsent) {
		return false, nil // Read gives the error
	}
	return ok, err
}

func (g *Gate) walk(ctx context.Context, see func(audit.Entry)) (walk audit.Walk, err error) {
	for done := false; !done && err == nil; {
		err = g.Store.View(ctx, func(tx store.Tx) error {
			r, err := g.recordsOf(ctx, tx, Caller{}, nil)
			if err != nil {
				return err
			}
			chain, err := r.chain()
			if err != nil {
				return err
			}
			done, err = chain.Step(ctx, &walk, walkStep, see)
			return err
		})
	}
	return walk, err
}

// recordsOf is records with the current keys.
func (g *Gate) recordsOf(ctx context.Context, tx store.Tx, caller Caller, accesses []Access) (*Records, error) {
	ring, err := g.loadRing()
	if err != nil {
		return nil, err
	}
	return g.records(ctx, tx, ring, caller, accesses)
}

// Flush merges what a server has recorded until now. If that is not possible
// now, because of a full disk for example, it only warns: the lines are durable,
// and merged later.
func (g *Gate) Flush(ctx context.Context) error {
	if g.Trail != Journaled {
		return nil
	}
	err := g.mergeAll(ctx, true)
	if errors.Is(err, resolve.ErrUnavailable) || errors.Is(err, resolve.ErrBusy) {
		g.warnOnce("reads are not in the audit trail yet: %v", err)
		return nil
	}
	return err
}
