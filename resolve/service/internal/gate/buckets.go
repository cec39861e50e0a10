package gate

import (
	"slices"

	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// bucket describes one of the buckets of a store.
type bucket struct {
	name   string
	sealed func(key string) bool // whether the record is sealed; nil: none is
}

// buckets are all buckets, in the order of a backup: meta is first, because the
// others cannot be read without it. A bucket that is missing here is neither
// rotated nor backed up, and a restore refuses it.
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
