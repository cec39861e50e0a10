package gate

import (
	"time"

	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// LastUsed is when a secret was last resolved; zero: never. It counts the
// reads that are not folded in yet.
func (r *Records) LastUsed(s Secret) (time.Time, error) {
	if err := r.may(s.Environment, s.Name); err != nil {
		return time.Time{}, err
	}
	if r.uses == nil && r.ring != nil {
		r.uses = map[string]time.Time{}
		_, err := r.g.reads.Pending(r.meta.reads, 0, func(e audit.Entry) error {
			if e.Action == string(Resolve) && e.Outcome == audit.OK {
				noteUse(r.uses, e)
			}
			return nil
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	key := secretKey(s.Environment, s.Name)
	t, err := r.used(key)
	if u := r.uses[key]; u.After(t) {
		t = u
	}
	return t, err
}

func noteUse(uses map[string]time.Time, e audit.Entry) {
	key := secretKey(e.Environment, e.Name)
	if e.Time.After(uses[key]) {
		uses[key] = e.Time
	}
}

func (r *Records) used(key string) (time.Time, error) {
	b, err := r.get(usedBucket, key)
	if b == nil || err != nil {
		return time.Time{}, err
	}
	d := decoder{b: b}
	t := d.time()
	if d.bad {
		return t, damaged(usedBucket, key)
	}
	return t, nil
}

// putUsed notes a use of a secret that is still there.
func (r *Records) putUsed(key string, t time.Time) error {
	head, err := r.pending.Get(secretsBucket, key)
	if err != nil || head == nil {
		return err
	}
	if before, err := r.used(key); err != nil || !t.After(before) {
		return err
	}
	var b encoder
	b.time(t)
	return r.put(usedBucket, key, b)
}
