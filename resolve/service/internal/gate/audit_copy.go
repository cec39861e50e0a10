package gate

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// copied writes a copy of each audit line somewhere else. What could not be
// written is owed: it goes first when something can, and until then there is
// no access that would leave another line. So the copy has every line of the
// trail, each once and whole, but for those that a kill came before.
//
// The copy has no "seq" and no "prev": lines get these when they are chained,
// and that is after the answer to a read.
type auditCopy struct {
	w    io.Writer // nil: there is none
	mu   sync.Mutex
	owed []byte
}

// ready pays what is owed, or is an ErrUnavailable.
func (c *auditCopy) ready() error { return c.write(nil) }

func (c *auditCopy) write(lines []byte) error {
	if c.w == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.owed) > 0 {
		lines = append(c.owed, lines...)
	}
	if len(lines) == 0 {
		return nil
	}
	n, err := c.w.Write(lines)
	if err != nil {
		c.owed = bytes.Clone(lines[max(0, n):])
		return resolve.WithHint(fmt.Errorf("%w: the copy of the audit trail cannot be written: %w", resolve.ErrUnavailable, err),
			"see to what --audit-log names, and try again; the lines that are owed are written first")
	}
	c.owed = nil
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

// copyWritten is for a change, which is durable already and in the trail. Its
// line is owed; to say that all is well would be to forget that.
func (g *Gate) copyWritten(entries []audit.Entry) error {
	if err := g.copyEntries(entries); err != nil {
		return fmt.Errorf("done, and in the audit trail, but: %w", err)
	}
	return nil
}
