package api

import "context"

// Role is what a caller may do with the secrets in its scope.
type Role string

// The roles, from the least to the most.
const (
	RoleResolveOnly Role = "resolve-only" // resolve and watch by name
	RoleReader      Role = "reader"       // and list, describe, and see versions
	RoleWriter      Role = "writer"       // and create, update, roll back and delete secrets
	RoleAdmin       Role = "admin"        // and environments; and, over all of them, tokens, audit, backup and keys
)

// Tokens are the calls on tokens. They need RoleAdmin for all environments and
// names.
type Tokens interface {
	// CreateToken creates a token. Its text is in the response and is not stored.
	CreateToken(ctx context.Context, r CreateTokenRequest) (NewToken, error)
	// ListTokens lists all tokens, newest first, including the expired ones.
	ListTokens(ctx context.Context) ([]Token, error)
	// RevokeToken revokes a token, with immediate effect.
	RevokeToken(ctx context.Context, r RevokeTokenRequest) error
}

// Scope is what a caller has access to.
type Scope struct {
	Role Role `json:"role"`
	// Environments are patterns of environments, see Match. Empty in a request:
	// all, which is ["*"].
	Environments []string `json:"environments"`
	// Names are patterns of secrets in these environments. Empty in a request: all.
	Names []string `json:"names"`
}

// CreateTokenRequest asks for a token.
type CreateTokenRequest struct {
	Name string `json:"name"` // of the token, shown in the audit trail; the rules of secrets' names apply
	Scope
	ExpiresAt *Time `json:"expires_at,omitempty"` // nil: never
}

// Token describes a token, without its text.
type Token struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Scope
	CreatedAt Time   `json:"created_at"`
	CreatedBy string `json:"created_by"`
	ExpiresAt *Time  `json:"expires_at"` // null: never
}

// NewToken is a token with its text, which is shown only once.
type NewToken struct {
	Token
	Text Credential `json:"token"`
}

// RevokeTokenRequest names a token by its id.
type RevokeTokenRequest struct {
	ID           string `json:"id"`
	AllowMissing bool   `json:"allow_missing,omitempty"`
}
