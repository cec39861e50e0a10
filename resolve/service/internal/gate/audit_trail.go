package gate

import (
	"context"
	"fmt"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Trail is how reads get into the audit trail. Changes are always added to the
// chain in their own transaction.
type Trail int

const (
	// Loose appends to a file without waiting, and the next write merges it: for
	// a store that each call opens, maybe on a read-only medium.
	Loose Trail = iota
	// Journaled is durable before the answer, in a local file that is merged in
	// the background: for a store that this process holds alone.
	Journaled
	// Stored is durable before the answer, in the chain itself: for a store
	// that several servers share.
	Stored
)

// storeWait limits how long lines wait for the store: callers have given up by
// then, and Close waits for it.
const storeWait = 30 * time.Second

func (g *Gate) newTrail() {
	g.merger.init()
	switch g.Trail {
	case Journaled:
		g.journal = &audit.Journal{Reads: g.reads, Sync: g.TestSync, Began: g.merger.began, Full: g.merger.full}
		g.batch = audit.NewBatch(g.journalGroup)
	case Stored:
		g.batch = audit.NewBatch(g.storeGroup)
	}
}

func (g *Gate) journalGroup(group *audit.Group) error {
	if err := g.auditCopy.ready(); err != nil {
		return err
	}
	if err := g.journal.Write(group.Lines, group.First, func() { g.recentUses.note(group.Uses) }); err != nil {
		return err
	}
	return g.auditCopy.write(group.Lines)
}

func (g *Gate) storeGroup(group *audit.Group) error {
	if err := g.auditCopy.ready(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeWait)
	defer cancel()
	err := g.Store.Update(ctx, func(tx store.Tx) error {
		r, err := g.recordsOf(ctx, tx, Caller{}, nil)
		if err != nil {
			return err
		}
		chain, err := r.chain()
		if err != nil {
			return err
		}
		if err := chain.AppendBlocks(group.Lines, r.now); err != nil {
			return err
		}
		return chain.Flush()
	})
	if err != nil {
		return fmt.Errorf("%w: cannot be audited: %w", resolve.ErrUnavailable, err)
	}
	g.recentUses.note(group.Uses)
	g.merger.began()
	return g.auditCopy.write(group.Lines)
}
