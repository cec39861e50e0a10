package gate

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Format is the format of the records; a store of a higher one is refused.
const Format = 1

// StoreID is a random number; every sealed record is bound to it.
type StoreID [16]byte

func (id StoreID) String() string { return hex.EncodeToString(id[:]) }

// meta describes the store itself:
//
//	meta/store   format 1 · store id 16 · number of the first file of reads
//	             that is not merged 8 · number of keys 1 · key ids 8 each
//	             · CRC-32 (IEEE) of the preceding bytes 4
//	meta/audit   the audit key, 32 bytes, sealed
//	meta/rotate  only during a rotation: see rotate.go
type meta struct {
	id    StoreID
	reads uint64
	keys  []seal.KeyID // the records are sealed with
}

const metaBucket, metaKey, auditKey = "meta", "store", "audit"

func (m meta) marshal() []byte {
	b := append([]byte{Format}, m.id[:]...)
	b = binary.BigEndian.AppendUint64(b, m.reads)
	b = append(b, byte(len(m.keys)))
	for _, id := range m.keys {
		b = append(b, id[:]...)
	}
	return binary.BigEndian.AppendUint32(b, checksum(b))
}

// checksum is crc32.ChecksumIEEE, which makes its tables when it is first called:
// for the 40 bytes of a meta that takes ten times as long as the sum itself, at
// every start of a command with a named secret.
func checksum(b []byte) uint32 {
	sum := ^uint32(0)
	for _, c := range b {
		sum ^= uint32(c)
		for range 8 {
			sum = sum>>1 ^ crc32.IEEE&-(sum&1)
		}
	}
	return ^sum
}

func parseMeta(location string, b []byte) (m meta, err error) {
	const fixed = 1 + 16 + 8 + 1
	if len(b) > 0 && b[0] > Format {
		return m, resolve.WithHint(fmt.Errorf("%w store %s: made by a newer squire: format %d; this one reads %d", resolve.ErrCorrupt, location, b[0], Format), "install a newer squire")
	}
	if len(b) < fixed+4 || b[0] != Format || len(b) != fixed+8*int(b[fixed-1])+4 ||
		checksum(b[:len(b)-4]) != binary.BigEndian.Uint32(b[len(b)-4:]) {
		return m, store.WithRestoreHint(location, fmt.Errorf("%w store %s: it is not a squire store, or its first record is damaged", resolve.ErrCorrupt, location))
	}
	m.id = StoreID(b[1:17])
	m.reads = binary.BigEndian.Uint64(b[17:25])
	for at := fixed; at < len(b)-4; at += 8 {
		m.keys = append(m.keys, seal.KeyID(b[at:at+8]))
	}
	return m, nil
}

// InitStore fills a new store: its id, its key, and an empty audit chain.
func (g *Gate) InitStore(tx store.Tx) error {
	ring, err := g.Keys.load()
	if err != nil {
		return err
	}
	m := meta{reads: 1, keys: []seal.KeyID{ring.Active().ID()}}
	_, _ = rand.Read(m.id[:])
	if err := tx.Put(metaBucket, metaKey, m.marshal()); err != nil {
		return err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	sealed, err := seal.Seal(ring.Active(), place(m, metaBucket, auditKey), key)
	if err != nil {
		return err
	}
	if err := tx.Put(metaBucket, auditKey, sealed); err != nil {
		return err
	}
	return audit.NewChain(tx, key).Begin()
}

// metaOf is the meta of one state of the store.
type metaOf struct {
	state uint64
	meta  meta
}

func (g *Gate) readMeta(tx store.Tx) (meta, error) {
	state := stateOf(tx)
	if now := g.metaNow.Load(); state != 0 && now != nil && now.state == state {
		return now.meta, nil
	}
	b, err := (&pending{Tx: tx}).Peek(metaBucket, metaKey)
	if err != nil {
		return meta{}, err
	}
	m, ok := g.meta.get(b)
	if !ok {
		if m, err = parseMeta(g.Store.Location(), b); err == nil {
			g.meta.set(b, m)
		}
	}
	if err == nil && state != 0 {
		g.metaNow.Store(&metaOf{state, m})
	}
	return m, err
}

// loadMeta reads the meta, and refuses a keyring that has no key of this store.
func (g *Gate) loadMeta(tx store.Tx, ring *seal.Keyring) (meta, *seal.Keyring, error) {
	m, err := g.readMeta(tx)
	if err != nil {
		return m, ring, err
	}
	ring = g.ringFor(m, ring)
	var ids []string
	for _, id := range m.keys {
		if _, ok := ring.Key(id); ok {
			return m, ring, nil
		}
	}
	for _, id := range m.keys {
		ids = append(ids, id.String())
	}
	from := ring.Path()
	if from == "" {
		from = "SQUIRE_MASTER_KEY"
	}
	return m, ring, resolve.WithHint(fmt.Errorf("%w: the store %s is sealed with key %s, and %s has %s", resolve.ErrNoKey, g.Store.Location(),
		strings.Join(ids, ", "), from, strings.Join(ring.IDs(), ", ")), "set SQUIRE_MASTER_KEY_FILE to the key file that was created with this store")
}

// withKey returns a meta whose keys include id, and whether it differs from m.
func (m meta) withKey(id seal.KeyID) (meta, bool) {
	if slices.Contains(m.keys, id) {
		return m, false
	}
	m.keys = append(slices.Clone(m.keys), id)
	return m, true
}

func place(m meta, bucket, key string) seal.Place {
	return seal.Place{Store: m.id.String(), Bucket: bucket, Key: key}
}
