package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Bucket holds the chain.
const Bucket = "audit"

// Chain appends to the trail in a store.
//
//	audit/<seq, 8 bytes big-endian>   one line of JSON, which ends with
//	                                  "seq":<n>,"prev":"<hex hash of the record before>"}
//	                                  and if its action is "reads", as many more
//	                                  lines of JSON as it says, each after a newline
//	audit/head                        seq 8 · hash of the last record 32 · MAC 32
//
// A hash is an HMAC-SHA256 of the whole record with the store's audit key.
// Without that key, nobody can forge a record, or a head that leaves some out.
type Chain struct {
	tx     store.Tx
	hmac   hash.Hash
	loaded bool
	seq    uint64 // of the last record; 0: none
	hash   [sha256.Size]byte
}

const headKey = "head"

// NewChain is the chain in tx, with the store's audit key.
func NewChain(tx store.Tx, key []byte) *Chain { return &Chain{tx: tx, hmac: hmac.New(sha256.New, key)} }

// Append appends entries, each as a record. Flush must follow before the
// transaction ends.
func (c *Chain) Append(entries ...Entry) error {
	if err := c.load(); err != nil {
		return err
	}
	for _, e := range entries {
		if err := c.appendRecord(e, nil); err != nil {
			return err
		}
	}
	return nil
}

// Flush writes the head.
func (c *Chain) Flush() error {
	if !c.loaded {
		return nil
	}
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+2*sha256.Size), c.seq)
	b = append(b, c.hash[:]...)
	mac := c.mac("head", b)
	return c.tx.Put(Bucket, headKey, append(b, mac[:]...))
}

func (c *Chain) load() error {
	if c.loaded {
		return nil
	}
	b, err := c.tx.Get(Bucket, headKey)
	if err != nil {
		return err
	}
	if b == nil {
		// A new store has a head already, see Begin.
		return fmt.Errorf("%w audit trail: its head is gone", resolve.ErrCorrupt)
	}
	const end = 8 + sha256.Size
	if len(b) != end+sha256.Size {
		return fmt.Errorf("%w audit trail: its head is damaged", resolve.ErrCorrupt)
	}
	if mac := c.mac("head", b[:end]); !hmac.Equal(mac[:], b[end:]) {
		return fmt.Errorf("%w audit trail: its head is damaged", resolve.ErrCorrupt)
	}
	c.loaded, c.seq, c.hash = true, binary.BigEndian.Uint64(b), [sha256.Size]byte(b[8:end])
	return nil
}

// Begin writes the head of a new store's chain.
func (c *Chain) Begin() error { c.loaded = true; return c.Flush() }

func (c *Chain) mac(what string, b []byte) (sum [sha256.Size]byte) {
	c.hmac.Reset()
	_, _ = c.hmac.Write([]byte(what + "\x00"))
	_, _ = c.hmac.Write(b)
	c.hmac.Sum(sum[:0])
	return sum
}

func seqKey(seq uint64) string {
	return string(binary.BigEndian.AppendUint64(nil, seq))
}
