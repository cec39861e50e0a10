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
	More  bool // there may be more, from Next on
}

// Audit lists the audit trail, and leaves a line in it like any other access.
// Reads that are not in the chain yet are merged before the first page.
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

// chainReads is Flush, and for a Loose trail merges as the next write would. A
// read-only medium cannot be merged into; the list then ends earlier.
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

// Actions returns the values that the action of a line can have.
func Actions() []string {
	all := []string{audit.Unreadable}
	for _, a := range actions {
		all = append(all, string(a.action))
	}
	slices.Sort(all)
	return all
}

// IsAction reports whether a line can have this action.
func IsAction(name string) bool { return slices.Contains(Actions(), name) }
