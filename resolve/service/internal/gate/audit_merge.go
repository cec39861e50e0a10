package gate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// What one write merges at most, in whole files, so that it does not have to
// merge months of reads. Later writes merge the rest.
const maxFiles, maxLines = 16, 50_000

// merge moves the reads of a Loose trail into the chain and the times of last
// use, within the transaction. After the commit, the files below the number that
// it returns can be removed; 0: none. After a crash before the commit the files
// are merged later; after a crash behind it they are ignored.
//
// A file that cannot be merged does not make the write fail.
func (g *Gate) merge(r *Records) (below uint64, err error) {
	// Only the first file is looked for: the numbers have no gap for long.
	if g.Trail != Loose || !g.reads.Any(r.meta.reads) {
		return 0, nil
	}
	files := g.files(r.meta.reads)
	if len(files) == 0 {
		return 0, nil
	}
	chain, err := r.chain()
	if err != nil {
		return 0, err
	}
	used := map[string]time.Time{}
	count, size := 0, 0
	var stopped bool
	for _, k := range files {
		if below = k; count == maxFiles {
			stopped = true
			break
		}
		entries, err := g.reads.Read(k)
		if err != nil {
			g.warnOnce("reads are not in the audit trail yet: %v", err)
			if stopped = !g.setAside(k); stopped {
				break
			}
			continue
		}
		if stopped = count > 0 && size+len(entries) > maxLines; stopped {
			break
		}
		count, size = count+1, size+len(entries)
		lines := validLines(entries, r.now, func(e audit.Entry) { keepLatest(used, e) })
		if err := chain.AppendBlocks(lines, r.now); err != nil {
			return 0, err
		}
	}
	if !stopped {
		below = g.firstBehind(files[len(files)-1])
	}
	if below == r.meta.reads {
		return 0, nil
	}
	for key, t := range used {
		if err := r.putLastUse(key, t); errors.Is(err, resolve.ErrCorrupt) {
			g.warnOnce("a time of last use is lost: %v", err) // only reads of this secret fail
		} else if err != nil {
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
	return below, r.pending.apply() // kept even if the write is refused
}

func (g *Gate) files(n uint64) []uint64 {
	files, err := g.reads.Files(n)
	if err != nil {
		g.warnOnce("reads are not in the audit trail yet: %v", err)
	}
	return files
}

// firstBehind is the number of the first file after number k, or of the next one
// to be created.
func (g *Gate) firstBehind(k uint64) uint64 {
	if rest := g.files(k + 1); len(rest) > 0 {
		return rest[0]
	}
	return k + 1
}

func (g *Gate) setAside(k uint64) bool {
	if err := g.reads.SetAside(k); err != nil {
		g.warnOnce("reads are not in the audit trail yet: %v", err)
		return false
	}
	return !g.reads.Any(k) // the last file keeps its number
}

// validLines returns the lines of a file that squire can have written, and calls
// use for each that is a use.
func validLines(entries []audit.Entry, now time.Time, use func(audit.Entry)) []byte {
	lines := make([]byte, 0, 200*len(entries))
	unreadable := 0
	for _, e := range entries {
		e, ok := validRead(e, now)
		if !ok {
			unreadable += max(1, e.Lines)
			continue
		}
		if isUse(e) {
			use(e)
		}
		lines = e.AppendLine(lines)
	}
	if unreadable > 0 {
		lines = audit.Entry{Time: now, Action: audit.Unreadable, Outcome: audit.Unreadable, Lines: unreadable}.AppendLine(lines)
	}
	return lines
}

// validRead reports whether squire can have written an entry. Only reads are
// appended to files: a line with another action is forged. A time in the future
// would hide all later uses; it becomes now.
func validRead(e audit.Entry, now time.Time) (audit.Entry, bool) {
	reads := []Action{Resolve, Watch, Info, List, Versions, ListEnvironments, ListTokens, ListAudit, VerifyAudit, Backup}
	if e.Action == audit.Unreadable {
		return e, false
	}
	e.Lines = 0
	if !slices.Contains(reads, Action(e.Action)) || len(e.Caller) > 256 || len(e.Outcome) > 64 || e.Version < 0 ||
		e.Environment != "" && resolve.CheckEnvironment(e.Environment) != nil || e.Name != "" && resolve.CheckName(e.Name) != nil {
		return e, false
	}
	if e.Time.IsZero() || e.Time.After(now) {
		e.Time = now
	}
	return e, true
}

// warnOnce drops a warning that was given before.
func (g *Gate) warnOnce(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if _, before := g.warned.LoadOrStore(text, true); !before {
		g.Warn(text)
	}
}

func (g *Gate) removeMerged(below uint64) {
	if err := g.reads.RemoveBelow(below); err != nil {
		g.Warn(fmt.Sprintf("files of reads that are in the audit trail cannot be removed: %v", err))
	}
}
