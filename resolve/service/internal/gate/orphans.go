package gate

import (
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// A record that was removed from the file by other means than squire looks as if
// it had never existed, and an optional secret would be left out silently. The
// records that remain reveal that it did.

// checkAbsent is an ErrCorrupt if a secret has no head, but other records.
func (r *Records) checkAbsent(environment, name string) error {
	left := false
	err := r.pending.Scan(secretsBucket, store.Range{Prefix: secretKey(environment, name) + "/"}, func(key string, _ []byte) (bool, error) {
		b, err := r.pending.Get(secretsBucket, key) // nil: removed in this very transaction
		left = b != nil
		return !left, err
	})
	// The index is ordered by time and has to be searched from end to end. That
	// is too slow for each creation, and on a server, where any caller can ask
	// for a thousand names that do not exist. There a list, a count or a backup
	// finds the damage.
	if err == nil && !left && r.reading && !r.g.LongLived {
		prefix := environment + "/"
		err = r.pending.Scan(createdBucket, store.Range{Prefix: prefix}, func(key string, _ []byte) (bool, error) {
			n, _ := nameOf(key, prefix)
			left = n == name
			return !left, nil
		})
	}
	if err == nil && left {
		err = fmt.Errorf("%w record: %s %s is gone", resolve.ErrCorrupt, secretsBucket, secretKey(environment, name))
	}
	return err
}

// checkNoEnvironment is an ErrCorrupt if an environment without a record has
// secrets.
func (r *Records) checkNoEnvironment(environment string) error {
	return r.pending.Scan(secretsBucket, store.Range{Prefix: environment + "/"}, func(key string, _ []byte) (bool, error) {
		b, err := r.pending.Get(secretsBucket, key)
		if err == nil && b != nil {
			err = goneEnvironment(environment)
		}
		return true, err
	})
}

// checkEnvironments is checkNoEnvironment for all environments that are not
// known, with one scan step for each that has secrets.
func (r *Records) checkEnvironments(known map[string]bool) error {
	from := ""
	for {
		environment := ""
		err := r.pending.Scan(secretsBucket, store.Range{From: from}, func(key string, _ []byte) (bool, error) {
			environment, _, _ = strings.Cut(key, "/")
			return false, nil
		})
		if err != nil || environment == "" {
			return err
		}
		if !known[environment] {
			return goneEnvironment(environment)
		}
		from = environment + "0" // which follows the slash
	}
}

func goneEnvironment(name string) error {
	return fmt.Errorf("%w record: %s %s is gone", resolve.ErrCorrupt, environmentsBucket, printable(name))
}

// checkCount compares the number of heads with that of the index.
func (r *Records) checkCount(environment string, indexed int) error {
	prefix, heads := environment+"/", 0
	err := r.pending.Scan(secretsBucket, store.Range{Prefix: prefix}, func(key string, _ []byte) (bool, error) {
		if !strings.Contains(key[len(prefix):], "/") {
			heads++
		}
		return true, nil
	})
	if err == nil && heads != indexed {
		err = fmt.Errorf("%w index: environment %s has %d secrets, and %d in its index", resolve.ErrCorrupt, environment, heads, indexed)
	}
	return err
}
