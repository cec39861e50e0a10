// Package api is the contract of the named-secret service: what is asked, what
// is answered, and which error has which code. Start with Service: it runs
// in-process (resolve/service) and over HTTP (resolve/api/client), and one suite
// tests both.
//
// It promises: names are in snake_case; times are in UTC with nine fractional
// digits; a list is one array; every error of package resolve has one code and
// one HTTP status. EnvDict is the one place that writes a Value as a JSON string.
// The package and what goes over the wire stay compatible.
package api

import (
	"context"
	"time"

	"github.com/squire-env/squire/resolve"
)

// Service is the named-secret service. All methods are safe for concurrent
// use and return when ctx ends. Errors are those of package resolve, for
// errors.Is; they hold names, never values. An empty Environment is "main".
type Service interface {
	Secrets
	Environments
	Tokens
	Trail
}

// Secrets are the calls on named secrets.
type Secrets interface {
	// Resolve answers all the secrets asked for, in their order, or none: the
	// error joins a *resolve.NotFoundError or *resolve.MissingKeysError for
	// each miss. An optional secret that is not there, or not for this caller,
	// is answered as Absent. It counts as a use of each secret, unless r.Etag
	// says that the caller has all of it: then it is Unchanged, no use, and
	// leaves no audit line. The Etag covers what is absent, so that a secret
	// created since is an answer of its own.
	// The dicts in the answer are shared: they must not be changed.
	Resolve(ctx context.Context, r ResolveRequest) (ResolveResponse, error)
	// Watch returns as soon as what r names is another than r.Etag says, or,
	// without an Etag, changes; or when r.Wait is over, with Changed false. It
	// is no use of the secrets, and a secret that is not there, or not for this
	// caller, is one that may come.
	Watch(ctx context.Context, r WatchRequest) (WatchResponse, error)
	// CreateSecret stores version 1 of a secret, or does what r.IfExists says.
	CreateSecret(ctx context.Context, r CreateSecretRequest) (Secret, error)
	// ListSecrets lists one environment, newest first.
	ListSecrets(ctx context.Context, r ListRequest) (SecretList, error)
	// SecretInfo describes one secret.
	SecretInfo(ctx context.Context, r SecretRequest) (Secret, error)
	// UpdateSecret merges r.EnvDict into the current version as a new one.
	// Nil removes a key. A change that changes nothing makes no version.
	UpdateSecret(ctx context.Context, r UpdateSecretRequest) (Secret, error)
	// SecretVersions lists the versions of a secret, newest first.
	SecretVersions(ctx context.Context, r SecretRequest) ([]Version, error)
	// RollbackSecret writes the values of r.Version as a new version.
	RollbackSecret(ctx context.Context, r RollbackRequest) (Secret, error)
	// DeleteSecret removes a secret, its versions and their keys for good.
	DeleteSecret(ctx context.Context, r DeleteRequest) error
}

// Environments are the calls on environments.
type Environments interface {
	CreateEnvironment(ctx context.Context, name string) (Environment, error)
	// ListEnvironments lists all environments, newest first; "main", which
	// nobody made, is last.
	ListEnvironments(ctx context.Context) ([]Environment, error)
	// DeleteEnvironment removes an environment and every secret in it. "main"
	// stays: ErrInvalid.
	DeleteEnvironment(ctx context.Context, r DeleteRequest) error
}

// ResolveRequest asks for several secrets in one round trip.
type ResolveRequest struct {
	Secrets []SecretRef `json:"secrets"`
	Etag    string      `json:"etag,omitempty"` // of the last answer to the same list
}

// SecretRef names one of them.
type SecretRef struct {
	Environment  string   `json:"environment"`
	Name         string   `json:"name"`
	RequiredKeys []string `json:"required_keys,omitempty"`
	Version      int      `json:"version,omitempty"` // 0: the current one
	// Optional answers the secret, or the version of it, as Absent where it is
	// not there. The RequiredKeys of one that is there must be there all the
	// same. A server from before this field refuses a request that has it
	// (ErrInvalid), since it cannot do what is asked; a request without an
	// optional secret is the same as ever.
	Optional bool `json:"optional,omitempty"`
}

// ResolveResponse answers in the order asked.
type ResolveResponse struct {
	Secrets []ResolvedSecret `json:"secrets,omitempty"`
	// Etag stands for the versions answered. It is made of no value.
	Etag string `json:"etag"`
	// Unchanged says that the request's Etag is this one; Secrets is then nil.
	Unchanged bool `json:"unchanged,omitempty"`
}

// ResolvedSecret is one secret, opened, or an optional one that is absent.
type ResolvedSecret struct {
	Environment string  `json:"environment"`
	Name        string  `json:"name"`
	Version     int     `json:"version,omitempty"` // 0 where absent
	EnvDict     EnvDict `json:"env_dict,omitzero"` // nil where absent, and only there
	// Absent says that an optional secret is not there, or not for this caller:
	// the two look the same.
	Absent bool `json:"absent,omitempty"`
}

// WatchRequest says what to wait for. RequiredKeys and Optional count for
// nothing: a secret that is not there is one that may come.
type WatchRequest struct {
	Secrets []SecretRef
	Etag    string        // of an answer to the same list; "": what is there now
	Wait    time.Duration // 0: 30 s; a server bounds it
}

// WatchResponse is the end of a wait.
type WatchResponse struct {
	Changed bool   `json:"changed"`
	Etag    string `json:"etag"` // for the next wait
}

// CreateSecretRequest stores a new secret.
type CreateSecretRequest struct {
	Environment string           `json:"environment"`
	Name        string           `json:"name"`
	EnvDict     EnvDict          `json:"env_dict"`
	IfExists    resolve.IfExists `json:"if_exists,omitempty"`
}

// ListRequest asks for one environment's secrets.
type ListRequest struct {
	Environment   string `json:"environment"`
	CreatedBefore Time   `json:"created_before,omitzero"` // exclusive; zero: no bound
	Limit         int    `json:"limit,omitempty"`         // 0: all (a server answers at most 100 a page)
	Cursor        string `json:"cursor,omitempty"`        // of the page before
}

// SecretList is one page; NextCursor is "" on the last.
type SecretList struct {
	Secrets    []Secret `json:"secrets"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// Secret describes a stored secret; it holds no value.
type Secret struct {
	Environment string   `json:"environment"`
	Name        string   `json:"name"`
	Version     int      `json:"version"`
	Keys        []string `json:"keys"`
	CreatedAt   Time     `json:"created_at"`
	CreatedBy   string   `json:"created_by"`
	LastUsedAt  *Time    `json:"last_used_at"`
}

// Version describes one version of a secret.
type Version struct {
	Version   int      `json:"version"`
	Keys      []string `json:"keys"`
	CreatedAt Time     `json:"created_at"`
	CreatedBy string   `json:"created_by"`
}

// SecretRequest names one secret.
type SecretRequest struct {
	Environment string `json:"environment"`
	Name        string `json:"name"`
}

// UpdateSecretRequest changes keys of a secret.
type UpdateSecretRequest struct {
	Environment     string     `json:"environment"`
	Name            string     `json:"name"`
	EnvDict         EnvChanges `json:"env_dict"`
	ExpectedVersion int        `json:"expected_version,omitempty"` // 0: whichever is current; else ErrConflict where another is
}

// RollbackRequest names the version to go back to.
type RollbackRequest struct {
	Environment string `json:"environment"`
	Name        string `json:"name"`
	Version     int    `json:"version"`
}

// DeleteRequest names what to delete; DeleteEnvironment reads Environment only.
type DeleteRequest struct {
	Environment  string `json:"environment"`
	Name         string `json:"name"`
	AllowMissing bool   `json:"allow_missing,omitempty"`
}

// Environment is one namespace of secrets.
type Environment struct {
	Name      string `json:"name"`
	CreatedAt *Time  `json:"created_at"` // null for "main", which nobody made
	CreatedBy string `json:"created_by"`
	Secrets   int    `json:"secrets"` // how many it holds
}
