package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Walk is the state of a walk over the chain. It is done in steps, each in its
// own transaction, so that a long chain does not keep one open.
type Walk struct {
	Lines uint64 // so far
	Seq   uint64 // of the last record

	hash [sha256.Size]byte // of that record
}

// Step checks the next records, at most steps of them, and calls see, which may
// be nil, with each line. done says that the end of the chain is reached and
// agrees with the head. The error is an ErrCorrupt that names the record, or the
// error of ctx.
func (c *Chain) Step(ctx context.Context, w *Walk, steps int, see func(Entry)) (done bool, err error) {
	if err := c.load(); err != nil {
		return false, err
	}
	done = true
	err = c.tx.Scan(Bucket, store.Range{From: seqKey(w.Seq + 1)}, func(key string, b []byte) (bool, error) {
		if key == headKey {
			return true, nil
		}
		if done = steps > 0; !done {
			return false, ctx.Err()
		}
		steps--
		return true, c.check(w, key, b, see)
	})
	if err != nil || !done {
		return false, err
	}
	if w.Seq != c.seq {
		return false, broken(min(w.Seq, c.seq) + 1)
	}
	if !hmac.Equal(w.hash[:], c.hash[:]) {
		return false, broken(w.Seq)
	}
	return true, nil
}

func (c *Chain) check(w *Walk, key string, b []byte, see func(Entry)) error {
	seq := w.Seq + 1
	r, err := parseRecord(b)
	if err != nil || key != seqKey(seq) || r.Seq != seq {
		return broken(seq)
	}
	if r.Prev != hex.EncodeToString(w.hash[:]) {
		if seq == 1 {
			return broken(seq)
		}
		return fmt.Errorf("%w audit trail: it breaks between record %d and record %d", resolve.ErrCorrupt, seq-1, seq)
	}
	if see != nil {
		if err := r.see(see); err != nil {
			return broken(seq)
		}
	}
	w.Seq, w.Lines, w.hash = seq, w.Lines+uint64(r.count), c.mac("line", b)
	return nil
}

func broken(seq uint64) error {
	return fmt.Errorf("%w audit trail: it breaks at record %d", resolve.ErrCorrupt, seq)
}
