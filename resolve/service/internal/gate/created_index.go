package gate

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// The index of creation: created/<environment>/<time 8><name>, the time as
// nanoseconds since 1970 with the sign flipped, so that it sorts. It says
// nothing that the head does not say under seal, and is checked against it.
const createdBucket = "created"

// Sequential are the buckets whose keys come in order, and that of the
// secrets: two of them fill a page, so half of it would often stay empty.
func Sequential() []string { return []string{createdBucket, audit.Bucket, secretsBucket} }

var createdValue = []byte{1}

// Position is a place in the list of an environment: it lies before the
// secrets that are older, or as old and lower in name. With Name "" it lies
// before those that are older.
type Position struct {
	Time time.Time
	Name string
}

func createdKey(environment string, t time.Time, name string) string {
	b := append([]byte(environment), '/')
	b = binary.BigEndian.AppendUint64(b, uint64(nanos(t))^1<<63)
	return string(append(b, name...))
}

// nanos keeps times that nanoseconds cannot tell at the ends of what they can.
func nanos(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1700:
		return math.MinInt64
	case y > 2250:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// List shows the secrets of an environment, newest first, from behind every
// position in after on; fn ends it with false. What the policy hides is
// skipped.
func (r *Records) List(environment string, after []Position, fn func(Secret) (bool, error)) error {
	if err := r.mayAll(environment); err != nil {
		return err
	}
	prefix := environment + "/"
	from := ""
	for _, p := range after {
		if k := createdKey(environment, p.Time, p.Name); from == "" || k < from {
			from = k
		}
	}
	seen, whole := 0, from == ""
	err := r.pending.Scan(createdBucket, store.Range{Prefix: prefix, From: from, Reverse: true}, func(key string, value []byte) (bool, error) {
		if err := r.ctx.Err(); err != nil {
			return false, err
		}
		seen++
		name, ok := nameOf(key, prefix)
		if !ok || string(value) != string(createdValue) {
			return false, damaged(createdBucket, key)
		}
		if !r.allows(Access{List, environment, name}) {
			return true, nil
		}
		s, err := r.secret(environment, name)
		if err != nil {
			if isAbsent(err) {
				err = fmt.Errorf("%w index: %s/%s leads nowhere", resolve.ErrCorrupt, environment, name)
			}
			return false, err
		}
		if createdKey(environment, s.CreatedAt, name) != key {
			return false, fmt.Errorf("%w index: %s/%s is not as old as it says", resolve.ErrCorrupt, environment, name)
		}
		more, err := fn(s)
		whole = whole && more
		return more, err
	})
	if err == nil && whole {
		err = r.checkCount(environment, seen)
	}
	return err
}

// count is how many secrets of an environment the caller may list.
func (r *Records) count(environment string) (n int, err error) {
	prefix, all := environment+"/", 0
	err = r.pending.Scan(createdBucket, store.Range{Prefix: prefix}, func(key string, _ []byte) (bool, error) {
		all++
		if name, ok := nameOf(key, prefix); ok && r.allows(Access{List, environment, name}) {
			n++
		}
		return true, nil
	})
	if err == nil {
		err = r.checkCount(environment, all)
	}
	return n, err
}

func nameOf(key, prefix string) (string, bool) {
	rest := strings.TrimPrefix(key, prefix)
	if len(rest) <= 8 || resolve.CheckName(rest[8:]) != nil {
		return "", false
	}
	return rest[8:], true
}
