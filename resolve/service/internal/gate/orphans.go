package gate

import (
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// A record that somebody has removed from the file looks as if it had never
// been, and an optional secret would be left out without a word. What it leaves
// behind gives it away.

// checkAbsent looks for what is left of a secret without a head.
func (r *Records) checkAbsent(environment, name string) error {
	left := false
	err := r.pending.Scan(secretsBucket, store.Range{Prefix: secretKey(environment, name) + "/"}, func(key string, _ []byte) (bool, error) {
		b, err := r.pending.Get(secretsBucket, key) // nil: removed in this very transaction
		left = b != nil
		return !left, err
	})
	// The index is in the order of time: to look through it is for a reader who
	// misses something, not for each creation; nor for a server, where any caller
	// could ask for a thousand names that are not there. A list, a backup and a
	// count find it there.
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

// checkNoEnvironment looks for secrets of an environment without a record.
func (r *Records) checkNoEnvironment(environment string) error {
	return r.pending.Scan(secretsBucket, store.Range{Prefix: environment + "/"}, func(key string, _ []byte) (bool, error) {
		b, err := r.pending.Get(secretsBucket, key)
		if err == nil && b != nil {
			err = goneEnvironment(environment)
		}
		return true, err
	})
}

// checkEnvironments is checkNoEnvironment for every environment that has secrets: one look each.
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

// checkCount compares what the index has with the heads.
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
