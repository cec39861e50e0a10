package gate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// One write folds in this much at most, in whole files: it must not pay for
// months of reads. What is left is for those that follow.
const maxFiles, maxLines = 16, 50_000

// fold takes loosely appended reads into the chain and into the times of last use, in
// the transaction, and returns the number below which files may then go, or 0.
// A crash before the commit leaves the files and their number; one behind it
// leaves files that nobody reads again.
//
// Reads that cannot be folded in are no reason to refuse a write.
func (g *Gate) merge(r *Records) (below uint64, err error) {
	// We have the exclusive lock. A higher one is never alone for long.
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
			g.warnOnce("a time of last use is lost: %v", err) // whoever reads that secret fails, and nobody else
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
	return below, r.pending.apply() // kept, even when what follows is refused
}

func (g *Gate) files(n uint64) []uint64 {
	files, err := g.reads.Files(n)
	if err != nil {
		g.warnOnce("reads are not in the audit trail yet: %v", err)
	}
	return files
}

// firstBehind is the first file behind number k, or the number of one to come.
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
	return !g.reads.Any(k) // the last one stays
}

// validLines are the lines of a file, as far as they are a squire's; each use is
// told to use.
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

// sane says whether an entry is one that a squire has written. Only reads are
// appended: a line that says anything else is forged, as is one of a time to
// come, which would hide all later uses.
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

// warnOnce is for what each write would say again.
func (g *Gate) warnOnce(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if _, told := g.warned.LoadOrStore(text, true); !told {
		g.Warn(text)
	}
}

func (g *Gate) removeMerged(below uint64) {
	if err := g.reads.RemoveBelow(below); err != nil {
		g.Warn(fmt.Sprintf("cannot remove folded reads: %v", err))
	}
}
