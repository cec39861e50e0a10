package api

import "context"

// Role is what a caller may do with what is in its scope.
type Role string

// The roles, from the least to the most.
const (
	RoleResolveOnly Role = "resolve-only" // resolve and watch by name
	RoleReader      Role = "reader"       // and list, describe, and see versions
	RoleWriter      Role = "writer"       // and create, update, roll back and delete secrets
	RoleAdmin       Role = "admin"        // and environments; and, over all of them, tokens, audit, backup and keys
)

// Tokens are the calls on tokens: who may come in. They need a RoleAdmin of
// everything.
type Tokens interface {
	// CreateToken makes a token; its text is in the answer, and nowhere else.
	CreateToken(ctx context.Context, r CreateTokenRequest) (NewToken, error)
	// ListTokens lists all, newest first, the expired ones too.
	ListTokens(ctx context.Context) ([]Token, error)
	// RevokeToken ends a token at once, by its id.
	RevokeToken(ctx context.Context, r RevokeTokenRequest) error
}

// Scope is what a caller may touch.
type Scope struct {
	Role Role `json:"role"`
	// Environments are those it may touch, as patterns: * for any run of
	// characters. Empty in a request: all, which is ["*"].
	Environments []string `json:"environments"`
	// Names are the secrets in them, as patterns. Empty in a request: all.
	Names []string `json:"names"`
}

// CreateTokenRequest asks for a token.
type CreateTokenRequest struct {
	Name string `json:"name"` // of the token, in the audit trail; as a secret's
	Scope
	ExpiresAt *Time `json:"expires_at,omitempty"` // nil: never
}

// Token describes a token; it does not hold its text.
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
