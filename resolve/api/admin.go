package api

import (
	"context"
	"io"
)

// Admin are the calls that maintain a store: while a server has the store open,
// only the server can do them. They need RoleAdmin for all environments and names.
// The embedded Service has them too.
type Admin interface {
	// Backup writes a backup to w, encrypted to r.Recipients: one consistent state
	// of the store, and the master keys that it is encrypted with.
	Backup(ctx context.Context, r BackupRequest, w io.Writer) error
	// RotateKey encrypts everything with a new master key. After an interruption,
	// another call resumes it.
	RotateKey(ctx context.Context, r RotateKeyRequest) (RotateKeyResponse, error)
}

// BackupRequest has the age recipients (age1…) who can decrypt the backup.
type BackupRequest struct {
	Recipients []string `json:"recipients"`
}

// RotateKeyRequest asks for a rotation, or for one step of it.
type RotateKeyRequest struct {
	// AddOnly adds a new key to the key file without using it. If several servers
	// share a store, all must have the key before one of them uses it.
	AddOnly bool `json:"add_only,omitempty"`
	// DropOld removes keys from the key file that the store no longer uses. A
	// backup contains the keys that it needs.
	DropOld bool `json:"drop_old,omitempty"`
}

// RotateKeyResponse is the state after the call.
type RotateKeyResponse struct {
	Active    string   `json:"active"`    // id of the key that encrypts new records
	Keys      []string `json:"keys"`      // ids of all keys in the key file
	Rewrapped int      `json:"rewrapped"` // number of records that this call moved to the new key
}
