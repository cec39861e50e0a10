package resolve

import "time"

// DefaultEnvironment exists from the start, and is active unless another is
// named.
const DefaultEnvironment = "main"

// Info is what may be known of a stored secret without opening it.
type Info struct {
	Environment string
	Name        string
	Version     int       // counts from 1
	Keys        []string  // sorted
	CreatedAt   time.Time // of the secret, UTC
	CreatedBy   string
	LastUsedAt  time.Time // of the last resolve; zero: never
}

// IfExists says what creating a secret does where one of that name exists.
type IfExists string

// The three ways to meet an existing secret.
const (
	FailIfExists      IfExists = "fail"      // the default, also of ""
	KeepIfExists      IfExists = "keep"      // the existing values stay: a no-op
	OverwriteIfExists IfExists = "overwrite" // all its values are replaced, as a new version
)
