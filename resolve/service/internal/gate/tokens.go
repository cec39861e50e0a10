package gate

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Token identifies its holder and has a scope. Only a hash of its text is stored.
type Token struct {
	ID        string
	Name      string
	Scope     api.Scope
	CreatedAt time.Time
	CreatedBy string
	ExpiresAt time.Time // zero: never

	hash string // SHA-256 of the text
}

const tokensBucket = "tokens"

// A token's text is tokenPrefix, base32 of 32 random bytes, and base32 of the
// CRC-32 of that base32 text. The prefix lets secret scanners find it; the
// checksum tells a truncated token from a revoked one without the store. The id
// is the beginning of the hash.
const (
	tokenPrefix   = "squire_"
	tokenAlphabet = "abcdefghijklmnopqrstuvwxyz234567"
	secretLength  = 52 // characters of 32 bytes
	tokenLength   = len(tokenPrefix) + secretLength + 7
)

// errToken is the error of every token that is not valid, so that a caller does
// not learn why.
func errToken() error {
	return resolve.WithHint(fmt.Errorf("%w: the token is not valid", resolve.ErrNoIdentity),
		"set SQUIRE_TOKEN or SQUIRE_TOKEN_FILE to a token of this server; its administrator creates one with squire token create")
}

// NewTokenText makes the text of a token.
func NewTokenText() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	secret := base32.NewEncoding(tokenAlphabet).WithPadding(base32.NoPadding).EncodeToString(b[:])
	sum := tokenSum(secret)
	return tokenPrefix + secret + string(sum[:])
}

// tokenSum encodes 32 bits in seven characters, the lowest bits first.
func tokenSum(secret string) (sum [7]byte) {
	var room [secretLength]byte // on the stack: every request needs it
	n := crc32.ChecksumIEEE(append(room[:0], secret...))
	for i := range sum {
		sum[i] = tokenAlphabet[n&31]
		n >>= 5
	}
	return sum
}

// IsToken reports whether a text has the form of a token.
func IsToken(text string) bool {
	if len(text) != tokenLength || !strings.HasPrefix(text, tokenPrefix) {
		return false
	}
	secret, sum := text[len(tokenPrefix):tokenLength-7], text[tokenLength-7:]
	for i := range len(secret) {
		if c := secret[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	want := tokenSum(secret)
	return sum == string(want[:])
}

func tokenID(hash [sha256.Size]byte) string { return hex.EncodeToString(hash[:8]) }

// signIn makes the holder of a token the caller.
func (r *Records) signIn(text string) error {
	var b [128]byte // on the stack: every request needs it
	hash := sha256.Sum256(append(b[:0], text...))
	t, err := r.token(tokenID(hash))
	if isAbsent(err) {
		return errToken()
	}
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(t.hash), hash[:]) != 1 || !t.ExpiresAt.IsZero() && !r.now.Before(t.ExpiresAt) {
		return errToken()
	}
	r.caller, r.scope = "token:"+t.Name+"#"+t.ID, t.Scope // names need not be unique
	return nil
}

func (r *Records) token(id string) (Token, error) {
	t, err := cachedRecord(r, tokensBucket, id, func(b []byte) (Token, error) { return parseToken(id, b) }, nil)
	if err == nil && t.ID == "" {
		err = resolve.WithHint(fmt.Errorf("token %s %w", id, resolve.ErrNotFound), "squire token list")
	}
	return t, err
}

func parseToken(id string, b []byte) (Token, error) {
	d := decoder{b: b}
	t := Token{ID: id, Name: d.text(), CreatedAt: d.time(), CreatedBy: d.text(), hash: d.text()}
	t.Scope.Role = api.Role(d.text())
	t.Scope.Environments, t.Scope.Names = d.texts(), d.texts()
	if d.number() == 1 {
		t.ExpiresAt = d.time()
	}
	if d.bad || len(t.hash) != sha256.Size {
		return t, damaged(tokensBucket, id)
	}
	return t, nil
}

// NewToken stores a token under the hash of its text.
func (r *Records) NewToken(text, name string, scope api.Scope, expires time.Time) (Token, error) {
	hash := sha256.Sum256([]byte(text))
	t := Token{ID: tokenID(hash), Name: name, Scope: scope, CreatedAt: r.now, CreatedBy: r.caller, ExpiresAt: expires, hash: string(hash[:])}
	if err := r.mayStore(); err != nil {
		return t, err
	}
	for i := range r.grants {
		if r.grants[i].Action == CreateToken {
			r.grants[i].Name = t.ID // for the audit line
		}
	}
	var b encoder
	b.text(name)
	b.time(t.CreatedAt)
	b.text(t.CreatedBy)
	b.text(t.hash)
	b.text(string(scope.Role))
	b.texts(scope.Environments)
	b.texts(scope.Names)
	if expires.IsZero() {
		b.number(0)
	} else {
		b.number(1)
		b.time(expires)
	}
	return t, r.put(tokensBucket, t.ID, b)
}

// Tokens reads all tokens, ordered by id.
func (r *Records) Tokens() (all []Token, err error) {
	if err := r.mayStore(); err != nil {
		return nil, err
	}
	err = r.pending.Scan(tokensBucket, store.Range{}, func(id string, sealed []byte) (bool, error) {
		b, err := r.open(tokensBucket, id, sealed)
		if err != nil {
			return false, err
		}
		t, err := parseToken(id, b)
		all = append(all, t)
		return true, err
	})
	return all, err
}

// RemoveToken deletes a token.
func (r *Records) RemoveToken(id string) error {
	if err := r.mayStore(); err != nil {
		return err
	}
	if _, err := r.token(id); err != nil {
		return err
	}
	return r.pending.Delete(tokensBucket, id)
}

// mayStore checks that an access covers the store as a whole.
func (r *Records) mayStore() error {
	return r.covered("", "", func(a Access) bool { return a.storeWide() })
}
