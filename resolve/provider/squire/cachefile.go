package squire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// cacheFormat is the start of every file of the cache, and part of the additional
// data that it is sealed with.
const cacheFormat = "squire-cache-1\n"

const saltSize = 32

// kept is an answer, and when the server last confirmed it. Its file is
//
//	"squire-cache-1\n" | salt, 32 bytes | nonce, 12 | AES-256-GCM of (nanoseconds since 1970, 8 bytes, big-endian | the answer, JSON)
//
// The key is HKDF-SHA256 of the cache's key and the salt, which is new for each
// file, so that no nonce is used twice with a key. The additional data are the
// format, the server and the requested list, so that no file can replace another.
type kept struct {
	at     time.Time
	answer api.ResolveResponse
}

// listID identifies what an answer is for: the server and the list, in canonical
// form.
func listID(server string, refs []api.SecretRef) []byte {
	spelt := make([]api.SecretRef, len(refs))
	for i, r := range refs {
		if spelt[i] = r; r.Environment == "" {
			spelt[i].Environment = resolve.DefaultEnvironment
		}
	}
	b, _ := json.Marshal(struct { // strings and numbers only: no error
		Server  string
		Secrets []api.SecretRef
	}{server, spelt})
	return b
}

// cacheName is the name of a list's file. It is not derived from anything secret.
func cacheName(list []byte) string {
	return fmt.Sprintf("%x", sha256.Sum256(append([]byte("squire cache name\x00"), list...)))
}

func (k kept) seal(key, list []byte) ([]byte, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	aead, err := cacheAEAD(key, salt)
	if err != nil {
		return nil, err
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(k.at.UnixNano()))
	if plain, err = api.AppendResolveResponse(plain, k.answer); err != nil {
		return nil, err
	}
	return aead.Seal(append([]byte(cacheFormat), salt...), nil, plain, append([]byte(cacheFormat), list...)), nil
}

var errNotOurs = errors.New("it is damaged, or was sealed with another key")

func openKept(b, key, list []byte) (k kept, err error) {
	if len(b) < len(cacheFormat)+saltSize || string(b[:len(cacheFormat)]) != cacheFormat {
		return k, errNotOurs
	}
	b = b[len(cacheFormat):]
	aead, err := cacheAEAD(key, b[:saltSize])
	if err != nil {
		return k, err
	}
	plain, err := aead.Open(nil, nil, b[saltSize:], append([]byte(cacheFormat), list...))
	if err != nil || len(plain) < 8 {
		return k, errNotOurs
	}
	k.at = time.Unix(0, int64(binary.BigEndian.Uint64(plain)))
	if api.UnmarshalResolveResponse(plain[8:], &k.answer) != nil { // the text of its error may contain values
		return kept{}, errNotOurs
	}
	return k, nil
}

func cacheAEAD(key, salt []byte) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, salt, cacheFormat, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
