package gate

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Secret is the head of a secret: its current version, and everything but the
// values.
type Secret struct {
	Environment string
	Name        string
	Version     int
	Keys        []string // of the current version, sorted
	CreatedAt   time.Time
	CreatedBy   string
	// Life is a random number that differs from that of an earlier secret of the
	// same name, so that versions of the two cannot be exchanged.
	Life     [8]byte
	Requests []string // names of the writes that made the latest versions; see Records.Request
}

// Version is one version of a secret, opened.
type Version struct {
	Number    int
	CreatedAt time.Time
	CreatedBy string
	Dict      map[string]resolve.Value

	life string // Life of its secret
}

// Keys are the version's keys, sorted.
func (v Version) Keys() []string { return slices.Sorted(maps.Keys(v.Dict)) }

const secretsBucket, usedBucket = "secrets", "used"

func secretKey(environment, name string) string { return environment + "/" + name }

func versionKey(environment, name string, version int) string {
	return string(binary.BigEndian.AppendUint64([]byte(environment+"/"+name+"/"), uint64(version)))
}

// Secret reads a head. The error of a missing one is a *resolve.NotFoundError.
func (r *Records) Secret(environment, name string) (Secret, error) {
	if err := r.may(environment, name); err != nil {
		return Secret{}, err
	}
	return r.secret(environment, name)
}

func (r *Records) secret(environment, name string) (Secret, error) {
	key := secretKey(environment, name)
	s, err := cachedRecord(r, secretsBucket, key, func(b []byte) (Secret, error) { return parseSecret(environment, name, b) },
		func(s Secret) error { return r.noSuccessor(s) })
	if err != nil {
		return Secret{}, err
	}
	if s.Version == 0 {
		if err := r.checkAbsent(environment, name); err != nil {
			return Secret{}, err
		}
		return Secret{}, absent(environment, name)
	}
	return s, nil
}

// noSuccessor refuses an old head in the place of the current one: then there is
// a later version.
func (r *Records) noSuccessor(s Secret) error {
	later, err := r.pending.Peek(secretsBucket, versionKey(s.Environment, s.Name, s.Version+1))
	if err == nil && later != nil {
		err = damaged(secretsBucket, secretKey(s.Environment, s.Name))
	}
	return err
}

func parseSecret(environment, name string, b []byte) (Secret, error) {
	d := decoder{b: b}
	s := Secret{Environment: environment, Name: name, Version: int(d.number()), CreatedAt: d.time(), CreatedBy: d.text()}
	copy(s.Life[:], d.text())
	s.Keys = d.texts()
	if len(d.b) > 0 { // else written before requests had ids
		s.Requests = d.texts()
	}
	if d.bad || s.Version < 1 {
		return s, damaged(secretsBucket, secretKey(environment, name))
	}
	return s, nil
}

// Version opens one version of a secret, 0 for the current one. The Dict is
// shared and must not be changed.
func (r *Records) Version(s Secret, number int) (Version, error) {
	if err := r.may(s.Environment, s.Name); err != nil {
		return Version{}, err
	}
	if number == 0 {
		number = s.Version
	}
	key := versionKey(s.Environment, s.Name, number)
	v, err := cachedRecord(r, secretsBucket, key, func(b []byte) (Version, error) { return parseVersion(key, number, b) }, nil)
	if err != nil {
		return Version{}, err
	}
	if v.Number == 0 {
		if number >= 1 && number <= s.Version {
			return Version{}, fmt.Errorf("%w record: version %d of %s/%s is gone", resolve.ErrCorrupt, number, s.Environment, s.Name)
		}
		return Version{}, &noVersion{resolve.NotFoundError{Environment: s.Environment, Name: s.Name}, number}
	}
	if v.life != string(s.Life[:]) {
		return v, damaged(secretsBucket, key)
	}
	return v, nil
}

func parseVersion(key string, number int, b []byte) (Version, error) {
	d := decoder{b: b}
	v := Version{Number: number, CreatedAt: d.time(), CreatedBy: d.text(), life: d.text()}
	n := d.count()
	v.Dict = make(map[string]resolve.Value, n)
	for range n {
		k := d.text()
		v.Dict[k] = resolve.NewValue(d.text())
	}
	if d.bad {
		return v, damaged(secretsBucket, key)
	}
	return v, nil
}

// NewSecret stores version 1 of a secret that does not exist yet.
func (r *Records) NewSecret(environment, name string, dict map[string]resolve.Value) (Secret, error) {
	s := Secret{Environment: environment, Name: name, CreatedAt: r.now, CreatedBy: r.caller}
	_, _ = rand.Read(s.Life[:])
	if err := r.may(environment, name); err != nil {
		return s, err
	}
	if err := r.pending.Put(createdBucket, createdKey(environment, s.CreatedAt, name), createdValue); err != nil {
		return s, err
	}
	return r.NewVersion(s, dict)
}

// NewVersion stores dict as the next version, and makes it the current one.
func (r *Records) NewVersion(s Secret, dict map[string]resolve.Value) (Secret, error) {
	if err := r.may(s.Environment, s.Name); err != nil {
		return s, err
	}
	s.Version++
	s.Requests = r.remember(s.Requests)
	s.Keys = slices.AppendSeq(make([]string, 0, len(dict)), maps.Keys(dict))
	slices.Sort(s.Keys)

	size, keys := 0, 0
	for _, k := range s.Keys {
		keys += len(k) + 3
		size += dict[k].Len() + 3
	}
	v := make(encoder, 0, size+keys+len(r.caller)+48)
	v.time(r.now)
	v.text(r.caller)
	v.text(string(s.Life[:]))
	v.number(uint64(len(dict)))
	for _, k := range s.Keys {
		v.text(k)
		v.text(dict[k].Reveal())
	}
	if err := r.put(secretsBucket, versionKey(s.Environment, s.Name, s.Version), v); err != nil {
		return s, err
	}

	h := make(encoder, 0, keys+len(s.CreatedBy)+48)
	h.number(uint64(s.Version))
	h.time(s.CreatedAt)
	h.text(s.CreatedBy)
	h.text(string(s.Life[:]))
	h.texts(s.Keys)
	if len(s.Requests) > 0 {
		h.texts(s.Requests)
	}
	r.pending.Notify(secretKey(s.Environment, s.Name))
	return s, r.put(secretsBucket, secretKey(s.Environment, s.Name), h)
}

// Remove deletes a secret with all its versions.
func (r *Records) Remove(s Secret) error {
	if err := r.may(s.Environment, s.Name); err != nil {
		return err
	}
	key := secretKey(s.Environment, s.Name)
	r.pending.Notify(key)
	err := r.pending.Scan(secretsBucket, store.Range{Prefix: key + "/"}, func(k string, _ []byte) (bool, error) {
		return true, r.pending.Delete(secretsBucket, k)
	})
	if err != nil {
		return err
	}
	_ = r.pending.Delete(secretsBucket, key) // pending only buffers it: it cannot fail
	_ = r.pending.Delete(usedBucket, key)
	return r.pending.Delete(createdBucket, createdKey(s.Environment, s.CreatedAt, s.Name))
}

func damaged(bucket, key string) error {
	return fmt.Errorf("%w record: %s %s is damaged", resolve.ErrCorrupt, bucket, printable(key))
}
