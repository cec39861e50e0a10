package api

import "context"

// Trail are the calls on the audit trail. They need RoleAdmin for all environments
// and names.
type Trail interface {
	// ListAudit lists accesses, newest first.
	ListAudit(ctx context.Context, r AuditRequest) (AuditList, error)
	// VerifyAudit checks the whole hash chain. If it is broken, the error is a
	// resolve.ErrCorrupt that says where.
	VerifyAudit(ctx context.Context) (AuditCheck, error)
}

// AuditRequest selects entries; an empty field selects all.
type AuditRequest struct {
	Environment string `json:"environment,omitempty"`
	Name        string `json:"name,omitempty"`
	Caller      string `json:"caller,omitempty"` // token:NAME#ID, or token:NAME for all tokens of that name
	Action      string `json:"action,omitempty"`
	Outcome     string `json:"outcome,omitempty"`
	Since       Time   `json:"since,omitzero"`  // inclusive
	Before      Time   `json:"before,omitzero"` // exclusive
	Limit       int    `json:"limit,omitempty"` // 0: 100; at most 1,000 a page
	Cursor      string `json:"cursor,omitempty"`
}

// AuditList is one page; NextCursor is "" on the last one. Another page may be
// empty too: a server reads a limited number of lines for one request.
type AuditList struct {
	Entries    []AuditEntry `json:"entries"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// AuditEntry is one access. It contains names, never values.
type AuditEntry struct {
	Seq         uint64 `json:"seq"` // of the record in the hash chain that contains it
	Time        Time   `json:"time"`
	Caller      string `json:"caller"`
	Action      string `json:"action"`
	Environment string `json:"environment,omitempty"`
	Name        string `json:"name,omitempty"`
	Version     int    `json:"version,omitempty"`
	Outcome     string `json:"outcome"`
	Lines       int    `json:"lines,omitempty"` // number of lines, for action "unreadable"
}

// AuditCheck is the result of a check of the whole hash chain.
type AuditCheck struct {
	Lines uint64 `json:"lines"` // number of accesses in it
	Seq   uint64 `json:"seq"`   // of its last record
}
