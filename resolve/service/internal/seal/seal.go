// Package seal keeps values unreadable without the master key: envelope
// encryption of single records, and the keyring that holds the master keys.
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
// The payload is sealed with AES-256-GCM under a data key of its own, and the
// data key under HKDF-SHA256(master key, salt, "squire wrap v1"). Both keys are
// used for one message only, so no nonce can repeat under a key.
//
// The additional data of both is the Place of the record; the wrapping's also
// has the format and the key id. They bind the payload too, through its data
// key, which is sealed nowhere else: so Rewrap can change the key id and leave
// the payload alone.
const (
	recordFormat = 1
	saltAt       = 1 + 8
	wrapAt       = saltAt + 32
	payloadAt    = wrapAt + 12 + KeySize + 16
	minRecord    = payloadAt + 12 + 16
)

// Place is where a record belongs. A record opens there and nowhere else.
type Place struct {
	Store  string // the store's id
	Bucket string
	Key    string
}

// additional writes each part behind its length, so that no two places look
// alike.
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

// Open opens a record. The error is an ErrCorrupt, whatever was changed.
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

// Rewrap puts a record under another master key. The payload, which stays
// sealed all the while, is copied.
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

// ErrFormat is KeyOf's error for a record that is none of this format.
var ErrFormat = errors.New("not a sealed record of format 1")

// KeyOf says which key a record is sealed with.
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
	return fmt.Errorf("%w record: %s %s does not open where it stands", resolve.ErrCorrupt, at.Bucket, at.Key)
}
