package gate

import (
	"strings"
	"time"

	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// LastUsed is when a secret was last resolved; zero: never. It includes reads
// that are not merged yet.
func (r *Records) LastUsed(s Secret) (time.Time, error) {
	if err := r.may(s.Environment, s.Name); err != nil {
		return time.Time{}, err
	}
	if r.g.Trail == Loose && r.looseUses == nil && r.ring != nil {
		r.looseUses = map[string]time.Time{}
		err := r.g.reads.Pending(r.meta.reads, func(e audit.Entry) error {
			if e, ok := validRead(e, r.now); ok && isUse(e) {
				keepLatest(r.looseUses, e)
			}
			return nil
		})
		if err != nil {
			r.g.warnOnce("the times of last use may be out of date: %v", err)
		}
	}
	key := secretKey(s.Environment, s.Name)
	t, err := r.storedUse(key, s)
	u := r.looseUses[key]
	if r.g.Trail != Loose {
		u = earlier(r.g.recentUses.of(key), r.now)
	}
	if u.After(t) && !u.Before(s.CreatedAt) { // else of an earlier secret of this name
		t = u
	}
	return t, err
}

func keepLatest(uses map[string]time.Time, e audit.Entry) {
	key := secretKey(e.Environment, e.Name)
	if e.Time.After(uses[key]) {
		uses[key] = e.Time
	}
}

func (r *Records) storedUse(key string, s Secret) (time.Time, error) {
	b, err := r.get(usedBucket, key)
	if b == nil || err != nil {
		return time.Time{}, err
	}
	d := decoder{b: b}
	t, life := d.time(), d.text()
	if d.bad || life != string(s.Life[:]) {
		return t, damaged(usedBucket, key)
	}
	return t, nil
}

// putLastUse stores the time of a use, if the secret still exists and existed
// then.
func (r *Records) putLastUse(key string, t time.Time) error {
	head, err := r.pending.Get(secretsBucket, key)
	if err != nil || head == nil {
		return err
	}
	environment, name, _ := strings.Cut(key, "/")
	s, err := r.secret(environment, name)
	if err != nil || t.Before(s.CreatedAt) {
		return err
	}
	if before, err := r.storedUse(key, s); err != nil || !t.After(before) {
		return err
	}
	var b encoder
	b.time(t)
	b.text(string(s.Life[:]))
	return r.put(usedBucket, key, b)
}
