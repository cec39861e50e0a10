package gate

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// auditCopy writes a copy of each audit line to a second destination. Lines
// that could not be written are kept and written first the next time; until
// then, every access that would add a line is refused. So the copy has every
// line of the trail exactly once and whole, except those that were not written
// before the process was killed.
//
// The copy has no "seq" and no "prev": a line gets these in the chain, and for
// a read that is after the answer.
type auditCopy struct {
	w         io.Writer // nil: no copy
	mu        sync.Mutex
	unwritten []byte
}

// ready writes the unwritten lines; if it cannot, the error is an ErrUnavailable.
func (c *auditCopy) ready() error { return c.write(nil) }

func (c *auditCopy) write(lines []byte) error {
	if c.w == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.unwritten) > 0 {
		lines = append(c.unwritten, lines...)
	}
	if len(lines) == 0 {
		return nil
	}
	n, err := c.w.Write(lines)
	if err != nil {
		c.unwritten = bytes.Clone(lines[max(0, n):])
		return resolve.WithHint(fmt.Errorf("%w: the copy of the audit trail cannot be written: %w", resolve.ErrUnavailable, err),
			"make the file or pipe of --audit-log writable; the missing lines are written first")
	}
	c.unwritten = nil
	return nil
}

func (g *Gate) copyEntries(entries []audit.Entry) error {
	if g.auditCopy.w == nil {
		return nil
	}
	var lines []byte
	for _, e := range entries {
		lines = e.AppendLine(lines)
	}
	return g.auditCopy.write(lines)
}

// copyWritten copies the lines of a change, which is already durable and in the
// trail. An error does not undo it, and is reported nevertheless.
func (g *Gate) copyWritten(entries []audit.Entry) error {
	if err := g.copyEntries(entries); err != nil {
		return fmt.Errorf("the change was made and audited, but: %w", err)
	}
	return nil
}
