package gate

import (
	"context"
	"errors"
	"slices"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Page is a part of the audit trail, newest first.
type Page struct {
	Lines []audit.Line
	Next  audit.Mark
	More  bool // there may be others, from Next on
}

// Audit lists the audit trail. The list is an access as any other.
//
// Reads that are not in the chain yet are put there before the first page.
func (g *Gate) Audit(ctx context.Context, caller Caller, q audit.Query) (page Page, err error) {
	accesses := []Access{{Action: ListAudit}}
	allowed, err := g.allowed(ctx, caller, accesses)
	if err != nil {
		return page, err
	}
	if allowed && q.From == (audit.Mark{}) {
		if err := g.chainReads(ctx); err != nil {
			return page, err
		}
	}
	err = g.Read(ctx, caller, accesses, func(r *Records) (err error) {
		if err := r.mayStore(); err != nil {
			return err
		}
		page.Lines, page.Next, page.More, err = audit.List(ctx, r.pending.Tx, q)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	return page, nil
}

// chainReads is Flush, and does for a Loose trail what the next write would: a
// medium that takes no write has no reads that are not chained, but for those
// of a time when it did.
func (g *Gate) chainReads(ctx context.Context) error {
	if g.Trail != Loose {
		return g.Flush(ctx)
	}
	for {
		first, err := g.firstFile(ctx)
		if errors.Is(err, store.ErrAbsent) || err == nil && !g.reads.Any(first) {
			return nil
		}
		var merged uint64
		if err == nil {
			err = g.Store.Update(ctx, func(tx store.Tx) error {
				merged = 0
				r, err := g.recordsOf(ctx, tx, Caller{}, nil)
				if err == nil {
					merged, err = g.merge(r)
				}
				return err
			})
		}
		switch {
		case errors.Is(err, resolve.ErrUnavailable) || errors.Is(err, resolve.ErrBusy):
			g.warnOnce("the latest reads are not in the list: %v", err)
			return nil
		case err != nil || merged == 0:
			return err
		}
		g.removeMerged(merged)
	}
}

// Actions are the names that the lines of the trail have for what was done.
func Actions() []string {
	all := []string{audit.Unreadable}
	for a := range least {
		all = append(all, string(a))
	}
	slices.Sort(all)
	return all
}

// IsAction says whether a name is one of them.
func IsAction(name string) bool { return slices.Contains(Actions(), name) }
