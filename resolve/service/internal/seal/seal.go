// Package seal encrypts the records of a store, and keeps the master keys.
//
// Start with Seal and Open: envelope encryption of one record, which opens only
// in its own Place; and with File, which keeps a Keyring of master keys. It
// promises that no error, and no printed Key, shows a key or a value.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/squire-env/squire/resolve"
)

// A sealed record, format 1:
//
//	format      1  0x01
//	key id      8  of the master key
//	salt       32  random
//	wrapped    60  nonce 12, the data key's 32 sealed bytes, tag 16
//	payload    28+ nonce 12, the sealed bytes, tag 16
//
// The payload is sealed with AES-256-GCM and a data key of its own; the data key
// is wrapped with HKDF-SHA256(master key, salt, "squire wrap v1"). Each of the
// two keys seals a single message, so no nonce is used twice with a key.
//
// The additional data of both is the Place of the record; that of the wrapped key
// also has the format and the key id. Through the data key, which exists nowhere
// else, these bind the payload as well, so Rewrap can change the key id without
// changing the payload.
const (
	recordFormat = 1
	saltAt       = 1 + 8
	wrapAt       = saltAt + 32
	payloadAt    = wrapAt + 12 + KeySize + 16
	minRecord    = payloadAt + 12 + 16
)

// Place is where a record is in a store. A record opens only in its own place.
type Place struct {
	Store  string // the store's id
	Bucket string
	Key    string
}

// additional writes the length before each part, so that two places never have
// the same bytes.
func (p Place) additional(label string, extra ...byte) []byte {
	b := make([]byte, 0, len(label)+len(p.Store)+len(p.Bucket)+len(p.Key)+len(extra)+10)
	for _, s := range [...]string{label, p.Store, p.Bucket, p.Key} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return append(b, extra...)
}

// Seal seals plain for its place under k.
func Seal(k Key, at Place, plain []byte) ([]byte, error) {
	var dataKey [KeySize]byte
	_, _ = rand.Read(dataKey[:])
	rec := make([]byte, 0, minRecord+len(plain))
	rec, err := wrap(rec, k, at, dataKey[:])
	if err != nil {
		return nil, err
	}
	aead, err := newGCM(dataKey[:])
	if err != nil {
		return nil, err
	}
	return aead.Seal(rec, nil, plain, at.additional("payload")), nil
}

func wrap(rec []byte, k Key, at Place, dataKey []byte) ([]byte, error) {
	rec = append(rec, recordFormat)
	rec = append(rec, k.id[:]...)
	rec = rec[:wrapAt]
	_, _ = rand.Read(rec[saltAt:])
	aead, err := wrapping(k, rec[saltAt:])
	if err != nil {
		return nil, err
	}
	return aead.Seal(rec, nil, dataKey, at.additional("wrap", rec[:saltAt]...)), nil
}

// Open opens a record. If anything was changed, the error is an ErrCorrupt.
func Open(k Key, at Place, rec []byte) ([]byte, error) {
	dataKey, err := unwrap(k, at, rec)
	if err != nil {
		return nil, err
	}
	aead, err := newGCM(dataKey)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, rec[payloadAt:], at.additional("payload"))
	if err != nil {
		return nil, corrupt(at)
	}
	return plain, nil
}

func unwrap(k Key, at Place, rec []byte) ([]byte, error) {
	if id, err := KeyOf(rec); err != nil || id != k.id {
		return nil, corrupt(at)
	}
	aead, err := wrapping(k, rec[saltAt:wrapAt])
	if err != nil {
		return nil, err
	}
	dataKey, err := aead.Open(nil, nil, rec[wrapAt:payloadAt], at.additional("wrap", rec[:saltAt]...))
	if err != nil {
		return nil, corrupt(at)
	}
	return dataKey, nil
}

// Rewrap wraps the data key of a record with another master key. The sealed
// payload is copied.
func Rewrap(old, fresh Key, at Place, rec []byte) ([]byte, error) {
	dataKey, err := unwrap(old, at, rec)
	if err != nil {
		return nil, err
	}
	out, err := wrap(make([]byte, 0, len(rec)), fresh, at, dataKey)
	if err != nil {
		return nil, err
	}
	return append(out, rec[payloadAt:]...), nil
}

// ErrFormat is KeyOf's error for a record that is not in this format.
var ErrFormat = errors.New("not a sealed record of format 1")

// KeyOf is the id of the key that a record is sealed with.
func KeyOf(rec []byte) (KeyID, error) {
	if len(rec) < minRecord || rec[0] != recordFormat {
		return KeyID{}, ErrFormat
	}
	return KeyID(rec[1:saltAt]), nil
}

func wrapping(k Key, salt []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(*k.secret), salt, "squire wrap v1", KeySize)
	if err != nil {
		return nil, err
	}
	return newGCM(key)
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func corrupt(at Place) error {
	return fmt.Errorf("%w record: %s %s cannot be decrypted in this place", resolve.ErrCorrupt, at.Bucket, at.Key)
}
