package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// KeySize is the size of a master key in bytes.
const KeySize = 32

// KeyID identifies a key without revealing it: it is derived from the key, so
// the same key always has the same id.
type KeyID [8]byte

func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// Bytes are the id as records have it.
func (id KeyID) Bytes() []byte { return id[:] }

// Key is a master key. It prints as its id.
type Key struct {
	id     KeyID
	secret *string // a pointer, so that fmt cannot print it; see resolve.Value
}

// NewKey makes a random key.
func NewKey() Key {
	var b [KeySize]byte
	_, _ = rand.Read(b[:]) // it never returns an error
	return keyOf(b)
}

func keyOf(b [KeySize]byte) Key {
	id, err := hkdf.Key(sha256.New, b[:], nil, "squire key id v1", len(KeyID{}))
	if err != nil {
		panic(err) // impossible with this length
	}
	secret := string(b[:])
	return Key{id: KeyID(id), secret: &secret}
}

// ParseKey reads base64 of 32 bytes, in the standard or the URL alphabet, with
// or without padding. Its error does not hold the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != KeySize {
		return Key{}, resolve.WithHint(fmt.Errorf("%w master key: want base64 of %d bytes", resolve.ErrInvalid, KeySize), "head -c32 /dev/urandom | base64")
	}
	return keyOf([KeySize]byte(b)), nil
}

// ID names the key.
func (k Key) ID() KeyID { return k.id }

func (k Key) String() string { return "key " + k.id.String() }

// text is the key itself, for its file.
func (k Key) text() string { return base64.StdEncoding.EncodeToString([]byte(*k.secret)) }
