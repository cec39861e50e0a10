package gate

import (
	"slices"

	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// bucket is one of those that a store has.
type bucket struct {
	name   string
	sealed func(key string) bool // which of its records are; nil: none
}

// buckets are all there are, in the order of a backup: that of the meta, which
// the others are read with, is first. A bucket that is not here is neither
// rotated nor backed up, and no restore takes it.
func buckets() []bucket {
	all := func(string) bool { return true }
	return []bucket{
		{metaBucket, func(key string) bool { return key == auditKey }},
		{environmentsBucket, all},
		{secretsBucket, all},
		{usedBucket, all},
		{tokensBucket, all},
		{createdBucket, nil},
		{audit.Bucket, nil},
	}
}

// sealedBuckets are those with sealed records.
func sealedBuckets() []bucket {
	return slices.DeleteFunc(buckets(), func(b bucket) bool { return b.sealed == nil })
}
