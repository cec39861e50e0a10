package gate

import (
	"context"
	"errors"
	"fmt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// finish ends a write: its changes, unless it was refused, and its audit lines
// become part of the same transaction.
func (r *Records) finish(answer error) error {
	if answer != nil {
		r.pending.forget()
	}
	chain, err := r.chain()
	if err != nil {
		return err
	}
	if err := chain.Append(r.entries(answer)...); err != nil {
		return err
	}
	if err := chain.Flush(); err != nil {
		return err
	}
	return r.pending.apply()
}

// chain is the audit chain in the transaction itself, not in pending: a refused
// write keeps its lines.
func (r *Records) chain() (*audit.Chain, error) {
	if r.auditChain == nil {
		sealed, err := r.pending.Get(metaBucket, auditKey)
		if err != nil {
			return nil, err
		}
		if sealed == nil {
			return nil, damaged(metaBucket, auditKey)
		}
		key, ok := r.g.auditKey.get(sealed)
		if !ok {
			if key, err = r.open(metaBucket, auditKey, sealed); err != nil {
				return nil, err
			}
			r.g.auditKey.set(sealed, key)
		}
		r.auditChain = audit.NewChain(r.pending.Tx, key)
	}
	return r.auditChain, nil
}

// entries returns the audit lines of the accesses.
func (r *Records) entries(answer error) []audit.Entry {
	all := make([]audit.Entry, 0, len(r.grants))
	for _, a := range r.grants {
		e := audit.Entry{Time: r.now, Caller: r.caller, Action: string(a.Action), Environment: a.Environment, Name: a.Name, Version: a.version, Outcome: a.outcome}
		switch {
		case !a.allowed:
			e.Outcome = "denied"
		case e.Outcome == "":
			e.Outcome = outcomeOf(answer)
		case e.Outcome == audit.OK && answer != nil:
			e.Outcome = "withheld" // this secret was found, another of the same request was not
		}
		all = append(all, e)
	}
	return all
}

func outcomeOf(err error) string {
	for _, o := range []struct {
		target error
		name   string
	}{
		{resolve.ErrCorrupt, "corrupt"}, {resolve.ErrDenied, "denied"}, {resolve.ErrMissingKeys, "missing_keys"}, {resolve.ErrNotFound, "not_found"},
		{resolve.ErrExists, "exists"}, {resolve.ErrConflict, "conflict"}, {resolve.ErrInvalid, "invalid"},
	} {
		if errors.Is(err, o.target) {
			return o.name
		}
	}
	if err != nil {
		return "failed"
	}
	return audit.OK
}

// isUse says whether an access counts as a use of the secret.
func isUse(e audit.Entry) bool { return e.Action == string(Resolve) && e.Outcome == audit.OK }

// appendLoose appends the audit lines of a read. If it cannot, the read succeeds
// nevertheless: the store may be on a read-only medium.
func (g *Gate) appendLoose(first uint64, entries []audit.Entry) {
	if g.Trail != Loose || len(entries) == 0 {
		return
	}
	if err := g.reads.Append(first, entries); err != nil {
		g.Warn(fmt.Sprintf("this access is not in the audit trail: %v", err))
	}
}

// recordDurably makes the audit lines of a read durable, unless the trail is
// Loose; an error withholds the answer. It runs after the transaction of the
// read, which would block others while this waits for the disk.
func (g *Gate) recordDurably(ctx context.Context, first uint64, entries []audit.Entry) error {
	switch {
	case len(entries) == 0 || g.TestNoAudit:
		return nil
	case g.Trail == Loose:
		return g.copyEntries(entries)
	}
	g.Start()
	return g.batch.Record(ctx, first, entries, isUse)
}
