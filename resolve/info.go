package resolve

import "time"

// DefaultEnvironment always exists, and is active unless another one is given.
const DefaultEnvironment = "main"

// Info describes a stored secret; it contains no value.
type Info struct {
	Environment string
	Name        string
	Version     int       // counts from 1
	Keys        []string  // sorted
	CreatedAt   time.Time // of the secret, UTC
	CreatedBy   string
	LastUsedAt  time.Time // of the last resolve; zero: never
}

// IfExists says what Create does if the secret exists.
type IfExists string

// What to do with an existing secret.
const (
	FailIfExists      IfExists = "fail"      // the default, also of ""
	KeepIfExists      IfExists = "keep"      // the existing values are kept: a no-op
	OverwriteIfExists IfExists = "overwrite" // all its values are replaced, as a new version
)
