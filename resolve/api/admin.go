package api

import (
	"context"
	"io"
)

// Admin is what a store that is being served needs its server for. It needs
// a RoleAdmin of everything. The embedded Service has it too.
type Admin interface {
	// Backup writes a backup, encrypted to r.Recipients, to w: one consistent
	// state of the store, and the keys that it is sealed with.
	Backup(ctx context.Context, r BackupRequest, w io.Writer) error
	// RotateKey seals everything with a new master key. It can be called again
	// after whatever stopped it, and goes on.
	RotateKey(ctx context.Context, r RotateKeyRequest) (RotateKeyResponse, error)
}

// BackupRequest names who can read the backup: age recipients (age1…).
type BackupRequest struct {
	Recipients []string `json:"recipients"`
}

// RotateKeyRequest asks for a step of a rotation, or for all of it.
type RotateKeyRequest struct {
	// AddOnly makes a new key and puts it into the key file, without using it:
	// for several servers, which must all have it before one of them does.
	AddOnly bool `json:"add_only,omitempty"`
	// DropOld takes keys that seal nothing of this store any more from the key
	// file. Older backups carry their keys with them.
	DropOld bool `json:"drop_old,omitempty"`
}

// RotateKeyResponse says what is so now.
type RotateKeyResponse struct {
	Active    string   `json:"active"`    // id of the key that seals what is new
	Keys      []string `json:"keys"`      // ids of all in the key file
	Rewrapped int      `json:"rewrapped"` // records that this call put under another key
}
