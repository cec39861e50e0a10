package gate

import (
	"errors"
	"fmt"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// finish ends a write: its changes, unless it was refused, and its audit lines
// go into the transaction together.
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

// chain is the audit chain in the transaction itself: no refusal undoes it.
func (r *Records) chain() (*audit.Chain, error) {
	if r.trail == nil {
		sealed, err := r.pending.Get(metaBucket, auditKey)
		if err != nil {
			return nil, err
		}
		if sealed == nil {
			return nil, damaged(metaBucket, auditKey)
		}
		key, ok := r.g.auditKey.get(string(sealed))
		if !ok {
			if key, err = r.open(metaBucket, auditKey, sealed); err != nil {
				return nil, err
			}
			r.g.auditKey.set(string(sealed), key)
		}
		r.trail = audit.NewChain(r.pending.Tx, key)
	}
	return r.trail, nil
}

// entries are the audit lines of the accesses.
func (r *Records) entries(answer error) []audit.Entry {
	all := make([]audit.Entry, 0, len(r.grants))
	for _, a := range r.grants {
		e := audit.Entry{Time: r.now, Caller: string(r.caller), Action: string(a.Action), Environment: a.Environment, Name: a.Name, Version: a.version, Outcome: a.outcome}
		switch {
		case !a.allowed:
			e.Outcome = "denied"
		case e.Outcome == "":
			e.Outcome = outcomeOf(answer)
		case e.Outcome == audit.OK && answer != nil:
			e.Outcome = "withheld" // it was there, and another one was not
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

// appendReads leaves the audit lines of a read. A medium that takes none is no
// reason to keep a program from its secrets.
func (g *Gate) appendReads(r *Records, answer error) {
	if len(r.grants) == 0 {
		return
	}
	n := r.meta.reads
	if g.Held {
		n = max(n, g.next)
		g.unclean.Store(true)
	}
	if err := g.reads.Append(n, r.entries(answer)); err != nil {
		g.Warn(fmt.Sprintf("this access is not in the audit trail: %v", err))
	}
}

// fold takes the appended reads into the chain and into the times of last use,
// in the transaction, and returns the number below which files may then go, or
// 0. A crash before the commit leaves the files and their number; one behind
// it leaves files that nobody reads again.
func (g *Gate) fold(r *Records) (below uint64, err error) {
	if g.Held {
		// From here on reads go to the next file.
		g.mu.Lock()
		last, any := max(r.meta.reads, g.next), false
		if g.unclean.Load() {
			any = g.reads.Any(r.meta.reads) // a higher one is never alone
		}
		if any {
			g.next = last + 1
		} else {
			g.unclean.Store(false)
		}
		g.mu.Unlock()
		if !any {
			return 0, nil
		}
	} else if !g.reads.Any(r.meta.reads) {
		return 0, nil
	}
	return g.foldFiles(r)
}

func (g *Gate) foldFiles(r *Records) (below uint64, err error) {
	chain, err := r.chain()
	if err != nil {
		return 0, err
	}
	used := map[string]time.Time{}
	limit := g.next
	below, err = g.reads.Pending(r.meta.reads, limit, func(e audit.Entry) error {
		e = sane(e, r.now)
		if e.Action == string(Resolve) && e.Outcome == audit.OK {
			noteUse(used, e)
		}
		return chain.Append(e)
	})
	if err != nil {
		return 0, fmt.Errorf("%w: folding in the reads: %w", resolve.ErrUnavailable, err)
	}
	for key, t := range used {
		if err := r.putUsed(key, t); err != nil {
			return 0, err
		}
	}
	r.meta.reads = below
	if err := r.pending.Put(metaBucket, metaKey, r.meta.marshal()); err != nil {
		return 0, err
	}
	if err := chain.Flush(); err != nil {
		return 0, err
	}
	return below, r.pending.apply() // kept, even when what follows is refused
}

func (g *Gate) removeFolded(below uint64) {
	if g.Held {
		g.mu.Lock()
		defer g.mu.Unlock()
	}
	if err := g.reads.RemoveBelow(below); err != nil {
		g.Warn(fmt.Sprintf("cannot remove folded reads: %v", err))
	}
}

// sane makes an unreadable entry of one that no squire has written.
func sane(e audit.Entry, now time.Time) audit.Entry {
	if e.Action == audit.Unreadable {
		e.Time = now
		return e
	}
	if len(e.Caller) > 256 || len(e.Action) > 64 || len(e.Outcome) > 64 ||
		e.Environment != "" && resolve.CheckEnvironment(e.Environment) != nil || e.Name != "" && resolve.CheckName(e.Name) != nil {
		return audit.Entry{Time: now, Action: audit.Unreadable, Outcome: audit.Unreadable, Lines: 1}
	}
	return e
}
