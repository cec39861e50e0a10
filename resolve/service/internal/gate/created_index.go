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
// nanoseconds since 1970 with the sign bit flipped, so that it sorts. It is not
// sealed; it repeats what the sealed head has, and is checked against it.
const createdBucket = "created"

// Sequential are the buckets whose pages should be filled completely: those
// whose keys come in order, and secrets, because two secrets fill a page, and
// half of it would often stay empty.
func Sequential() []string { return []string{createdBucket, audit.Bucket, secretsBucket} }

var createdValue = []byte{1}

// Position is a place in the list of an environment, before all secrets that are
// older, and before those of the same time with a lower name. With Name "" it is
// before those that are older only.
type Position struct {
	Time time.Time
	Name string
}

func createdKey(environment string, t time.Time, name string) string {
	b := append([]byte(environment), '/')
	b = binary.BigEndian.AppendUint64(b, uint64(nanos(t))^1<<63)
	return string(append(b, name...))
}

// nanos is UnixNano, with times outside its range moved to the ends of the range.
func nanos(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1700:
		return math.MinInt64
	case y > 2250:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// List calls fn with the secrets of an environment, newest first, starting after
// every position in after, until fn returns false. Secrets that the policy hides
// are skipped.
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
				err = fmt.Errorf("%w index: it has %s/%s, which does not exist", resolve.ErrCorrupt, environment, name)
			}
			return false, err
		}
		if createdKey(environment, s.CreatedAt, name) != key {
			return false, fmt.Errorf("%w index: it has a wrong time for %s/%s", resolve.ErrCorrupt, environment, name)
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

// count is the number of secrets in an environment that the caller may list.
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
