// Package gate is the only access to the records of the named-secret service.
//
// Start with New, and with Gate.Read and Gate.Write. Each call says who the
// caller is and what it will access; the gate checks the policy, opens only the
// sealed records of these accesses, and writes the audit lines. Records are
// given to a function that was let through, and cannot be obtained otherwise.
// It promises that each access leaves a line, whether it was allowed or not.
package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Config is what a Gate needs.
type Config struct {
	Store store.Store
	Keys  Keys
	Now   func() time.Time // nil: time.Now
	Warn  func(string)     // nil: warnings are dropped
	// ReadsDir is the folder of the reads that are not in the chain yet.
	ReadsDir string
	// Held says that no other process uses the store meanwhile: then the keys
	// are kept after the first check, and the Trail is at least Journaled.
	Held bool
	// Trail is how reads get into the audit trail.
	Trail Trail
	// AuditCopy receives a copy of each audit line, as JSON, before the answer.
	// Nil: no copy.
	AuditCopy io.Writer
	// LongLived says that this process will use the store many times: then
	// opened records are cached.
	LongLived bool

	// Hooks for tests and benchmarks: a function instead of fdatasync for the
	// files of reads, one instead of time.After, and no lines for reads.
	TestSync    func(*os.File) error
	TestAfter   func(time.Duration) <-chan time.Time
	TestNoAudit bool
}

// Gate is safe for concurrent use.
type Gate struct {
	Config
	reads      audit.Reads
	batch      *audit.Batch   // nil: Loose
	journal    *audit.Journal // Journaled only
	recentUses recentUses     // not Loose
	merger     merger
	auditCopy  auditCopy
	warned     sync.Map // the warnings that were given
	cache      recordCache
	notifier   notifier

	auditKey memo[[]byte] // opened, by its sealed bytes
	meta     memo[meta]
	metaNow  atomic.Pointer[metaOf]
	ring     atomic.Pointer[keptRing] // held only
	rotating sync.Mutex
}

// New makes a Gate. It does not open the store.
func New(c Config) *Gate {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	if c.Held && c.Trail == Loose {
		c.Trail = Journaled
	}
	g := &Gate{Config: c, reads: audit.Reads{Dir: c.ReadsDir}, auditCopy: auditCopy{w: c.AuditCopy}}
	g.newTrail()
	c.Store.Listen(g.changed)
	return g
}

// Read runs fn on the records that the accesses name. Each access leaves an
// audit line, whatever its outcome. If there is no store, fn sees an empty one,
// and none is created.
func (g *Gate) Read(ctx context.Context, caller Caller, accesses []Access, fn func(*Records) error) error {
	var lines []audit.Entry
	var first uint64 // the first file of reads that is not merged
	err := g.Store.View(ctx, func(tx store.Tx) error {
		lines = nil
		r, err := g.recordsOf(ctx, tx, caller, accesses)
		if err != nil {
			return err
		}
		r.reading = true
		if err = fn(r); err != nil || !r.unused {
			lines, first = r.entries(err), r.meta.reads
			g.appendLoose(first, lines)
		}
		return err
	})
	if errors.Is(err, store.ErrAbsent) {
		if err := g.refuseLost(ctx); err != nil {
			return err
		}
		r, err := g.ofNoStore(ctx, caller, accesses)
		if err != nil {
			return err
		}
		return g.hintFirst(fn(r))
	}
	if rerr := g.recordDurably(ctx, first, lines); rerr != nil {
		return rerr
	}
	return err
}

// Write runs fn as Read does. When it returns nil, what fn wrote is durable,
// together with its audit lines. fn may run more than once.
//
// A write that is refused (not found, exists, …) leaves its audit line and
// nothing else; a write that fails (a full disk) leaves nothing.
func (g *Gate) Write(ctx context.Context, caller Caller, accesses []Access, fn func(*Records) error) error {
	done, err := g.readyToWrite(ctx, caller, accesses, fn)
	if err != nil || done {
		return err
	}
	var ring *seal.Keyring
	var answer error
	var id string
	var merged uint64
	var lines []audit.Entry
	var removed []string
	if err := g.auditCopy.ready(); err != nil {
		return err
	}
	err = g.Store.Update(ctx, func(tx store.Tx) error {
		answer, merged = nil, 0
		// The keys are read in the transaction, so that no rotation can happen
		// in between: a record under the previous key would be missed by it.
		if ring, err = g.loadRing(); err != nil {
			return err
		}
		r, err := g.records(ctx, tx, ring, caller, accesses)
		if err != nil {
			return err
		}
		id = r.meta.id.String()
		if merged, err = g.merge(r); err != nil {
			return err
		}
		r.looseUses = map[string]time.Time{} // they were merged, unless there are too many
		if answer = fn(r); answer != nil && !refusal(answer) {
			return answer
		}
		lines, removed = r.entries(answer), nil
		if answer == nil {
			removed = r.pending.removed()
		}
		return r.finish(answer)
	})
	if err != nil && id == "" {
		return err
	}
	if merged > 0 && err == nil {
		g.removeMerged(merged)
	}
	if rerr := g.Keys.record(ring, id, g.Store.Location()); rerr != nil {
		g.Warn(fmt.Sprintf("the key file cannot be updated with the store %s: %v", g.Store.Location(), rerr))
	}
	var unpurged *store.Unpurged
	if err == nil || errors.As(err, &unpurged) { // the write is durable
		g.recentUses.forget(removed)
		g.Start()
		err = errors.Join(err, g.copyWritten(lines))
	}
	if err != nil {
		return err
	}
	return answer
}

// readyToWrite makes sure that there are keys. If there is no store yet, it
// first tries fn on an empty one; if fn fails or writes nothing there, the write
// is done, and neither keys nor store are created.
func (g *Gate) readyToWrite(ctx context.Context, caller Caller, accesses []Access, fn func(*Records) error) (done bool, err error) {
	exists, err := g.Store.Exists(ctx)
	if err != nil {
		return false, err
	}
	if exists {
		if g.Held { // else the keys are read in the transaction
			_, err = g.freshRing()
		}
		return false, err
	}
	if err := g.refuseLost(ctx); err != nil {
		return false, err
	}
	r, err := g.ofNoStore(ctx, caller, accesses)
	if err != nil {
		return false, err
	}
	if err := fn(r); err != nil || !r.pending.any() {
		return true, g.hintFirst(err)
	}
	_, err = g.Keys.create()
	return false, err
}

// hintFirst adds a hint to the error of a secret that is missing because there
// is no store.
func (g *Gate) hintFirst(err error) error {
	var miss *resolve.NotFoundError
	if !errors.As(err, &miss) || resolve.Hint(err) != "" {
		return err
	}
	return resolve.WithHint(err, "there is no store at %s yet: squire secret create NAME KEY=- creates it", g.Store.Location())
}

// refuseLost is an error if there should be a store: the key file records that
// its keys have sealed one at this location. A new, empty store in its place
// would look as if the secrets had never existed.
func (g *Gate) refuseLost(ctx context.Context) error {
	if !g.Keys.sealed(g.Store.Location()) {
		return nil
	}
	if ok, err := g.Store.Exists(ctx); ok || err != nil { // created meanwhile
		return err
	}
	path := g.Store.Location()
	return resolve.WithHint(fmt.Errorf("%w store: %s is gone, and the key file %s says that it existed", resolve.ErrCorrupt, path, g.Keys.File.Path),
		"restore %s from a backup; or set another SQUIRE_DATA_DIR; or, to start with an empty store, remove its entry under \"stores\" in %s", filepath.Base(path), g.Keys.File.Path)
}

// refusal reports whether an error is an answer about the records, which is
// audited, and not a failure to answer.
func refusal(err error) bool {
	for _, target := range []error{resolve.ErrCorrupt, resolve.ErrNoKey, resolve.ErrBusy, resolve.ErrUnavailable, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, target) {
			return false
		}
	}
	for _, target := range []error{resolve.ErrNotFound, resolve.ErrMissingKeys, resolve.ErrExists, resolve.ErrConflict, resolve.ErrInvalid, resolve.ErrDenied} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
