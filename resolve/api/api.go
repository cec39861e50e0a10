// Package api defines the named-secret service: its calls, their requests and
// responses, and the code of each error. Start with Service: it runs in-process
// (resolve/service) and over HTTP (resolve/api/client), and one suite tests both.
//
// It promises: JSON names are in snake_case; times are in UTC with nine fractional
// digits; a list is one array, [] when empty; every error of package resolve has
// one code and one HTTP status. EnvDict and EnvChanges are the only types whose
// JSON contains values. The package and the protocol stay compatible.
package api

import (
	"context"
	"time"

	"github.com/squire-env/squire/resolve"
)

// Service is the named-secret service. All methods are safe for concurrent
// use and return when ctx ends. Errors are those of package resolve, for
// errors.Is; they contain names, never values. An empty Environment is "main".
type Service interface {
	Secrets
	Environments
	Tokens
	Trail
}

// Secrets are the calls on named secrets.
type Secrets interface {
	// Resolve returns all the secrets of r, in their order, or an error that joins
	// a *resolve.NotFoundError or *resolve.MissingKeysError for each that fails. An
	// optional secret that does not exist, or not for this caller, is returned as
	// Absent. Resolve counts as a use of each secret and leaves an audit line for
	// each, unless r.Etag is the current one: then the response is Unchanged. The
	// Etag covers absent secrets too, so it changes when one is created.
	// The dicts in the response are shared: callers must not modify them.
	Resolve(ctx context.Context, r ResolveRequest) (ResolveResponse, error)
	// Watch returns when the secrets of r differ from the state that r.Etag
	// identifies (without an Etag: from their state now), or with Changed false
	// when r.Wait is over. It does not count as a use. A secret that does not
	// exist, or not for this caller, may be created later.
	Watch(ctx context.Context, r WatchRequest) (WatchResponse, error)
	// CreateSecret stores version 1 of a secret, or does what r.IfExists says.
	CreateSecret(ctx context.Context, r CreateSecretRequest) (Secret, error)
	// ListSecrets lists one environment, newest first.
	ListSecrets(ctx context.Context, r ListRequest) (SecretList, error)
	// SecretInfo describes one secret.
	SecretInfo(ctx context.Context, r SecretRequest) (Secret, error)
	// UpdateSecret merges r.EnvDict into the current version as a new one.
	// Nil removes a key. An update that changes nothing creates no version.
	UpdateSecret(ctx context.Context, r UpdateSecretRequest) (Secret, error)
	// SecretVersions lists the versions of a secret, newest first.
	SecretVersions(ctx context.Context, r SecretRequest) ([]Version, error)
	// RollbackSecret stores the values of r.Version as a new version.
	RollbackSecret(ctx context.Context, r RollbackRequest) (Secret, error)
	// DeleteSecret deletes a secret permanently, with all its versions and the
	// keys that they are encrypted with.
	DeleteSecret(ctx context.Context, r DeleteRequest) error
}

// Environments are the calls on environments.
type Environments interface {
	CreateEnvironment(ctx context.Context, name string) (Environment, error)
	// ListEnvironments lists all environments, newest first; "main", which
	// always exists, is last.
	ListEnvironments(ctx context.Context) ([]Environment, error)
	// DeleteEnvironment deletes an environment and every secret in it. "main"
	// cannot be deleted: ErrInvalid.
	DeleteEnvironment(ctx context.Context, r DeleteRequest) error
}

// ResolveRequest asks for several secrets in one round trip.
type ResolveRequest struct {
	Secrets []SecretRef `json:"secrets"`
	Etag    string      `json:"etag,omitempty"` // of the last response to the same list
}

// SecretRef names one secret of a request.
type SecretRef struct {
	Environment  string   `json:"environment"`
	Name         string   `json:"name"`
	RequiredKeys []string `json:"required_keys,omitempty"`
	Version      int      `json:"version,omitempty"` // 0: the current one
	// Optional returns the secret as Absent, instead of an error, if it or the
	// requested Version does not exist. If it exists, it must have all
	// RequiredKeys. A server that does not know this field rejects the request
	// with ErrInvalid, so update servers before clients; a request without
	// optional secrets does not contain the field.
	Optional bool `json:"optional,omitempty"`
}

// ResolveResponse has the secrets in the order of the request.
type ResolveResponse struct {
	Secrets []ResolvedSecret `json:"secrets,omitempty"`
	// Etag identifies the versions in the response and the absent secrets. It is
	// not derived from any value.
	Etag string `json:"etag"`
	// Unchanged says that the request's Etag is the current one; Secrets is nil
	// then.
	Unchanged bool `json:"unchanged,omitempty"`
}

// ResolvedSecret is a secret with its values, or an optional one that is absent.
type ResolvedSecret struct {
	Environment string  `json:"environment"`
	Name        string  `json:"name"`
	Version     int     `json:"version,omitempty"` // 0 if Absent
	EnvDict     EnvDict `json:"env_dict,omitzero"` // nil if Absent, and only then
	// Absent says that an optional secret does not exist, or not for this caller:
	// the response does not tell which.
	Absent bool `json:"absent,omitempty"`
}

// WatchRequest says what to wait for. RequiredKeys and Optional are ignored: any
// secret that does not exist may be created later.
type WatchRequest struct {
	Secrets []SecretRef
	Etag    string        // of a response to the same list; "": the state now
	Wait    time.Duration // 0: 30 s; a server limits it
}

// WatchResponse is the result of a wait.
type WatchResponse struct {
	Changed bool   `json:"changed"`
	Etag    string `json:"etag"` // for the next request
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
	CreatedBefore Time   `json:"created_before,omitzero"` // exclusive; zero: no limit
	Limit         int    `json:"limit,omitempty"`         // 0: all (a server returns at most 100 a page)
	Cursor        string `json:"cursor,omitempty"`        // NextCursor of the previous page
}

// SecretList is one page; NextCursor is "" on the last one.
type SecretList struct {
	Secrets    []Secret `json:"secrets"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// Secret describes a stored secret, without values.
type Secret struct {
	Environment string   `json:"environment"`
	Name        string   `json:"name"`
	Version     int      `json:"version"`
	Keys        []string `json:"keys"`
	CreatedAt   Time     `json:"created_at"`
	CreatedBy   string   `json:"created_by"`
	LastUsedAt  *Time    `json:"last_used_at"`
	// Changes is what a write did. Nil: all keys are new, or it is not known.
	Changes *Changes `json:"changes,omitempty"`
}

// Changes are the keys that a write set, removed, or found as they were, sorted.
// Of an update they are those that it named.
type Changes struct {
	Set       []string `json:"set"`
	Removed   []string `json:"removed"`
	Unchanged []string `json:"unchanged"`
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
	ExpectedVersion int        `json:"expected_version,omitempty"` // 0: any; else ErrConflict if it is not the current one
}

// RollbackRequest names the version to return to.
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
	// ExpectedVersion, of a secret: 0 is any; else ErrConflict if it is not the
	// current one. A server that does not know it rejects the request with ErrInvalid.
	ExpectedVersion int `json:"expected_version,omitempty"`
}

// Environment is one namespace of secrets.
type Environment struct {
	Name      string `json:"name"`
	CreatedAt *Time  `json:"created_at"` // null for "main", which always exists
	CreatedBy string `json:"created_by"`
	Secrets   int    `json:"secrets"` // number of secrets in it
}
