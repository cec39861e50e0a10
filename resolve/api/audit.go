package api

import "context"

// Trail are the calls on the audit trail. They need a RoleAdmin of everything.
type Trail interface {
	// ListAudit lists accesses, newest first.
	ListAudit(ctx context.Context, r AuditRequest) (AuditList, error)
	// VerifyAudit walks the whole chain. A broken one is resolve.ErrCorrupt,
	// which says where.
	VerifyAudit(ctx context.Context) (AuditCheck, error)
}

// AuditRequest asks for a part of the trail; an empty field takes all.
type AuditRequest struct {
	Environment string `json:"environment,omitempty"`
	Name        string `json:"name,omitempty"`
	Caller      string `json:"caller,omitempty"` // token:NAME#ID, or token:NAME for all of that name
	Action      string `json:"action,omitempty"`
	Outcome     string `json:"outcome,omitempty"`
	Since       Time   `json:"since,omitzero"`  // inclusive
	Before      Time   `json:"before,omitzero"` // exclusive
	Limit       int    `json:"limit,omitempty"` // 0: 100; at most 1,000 a page
	Cursor      string `json:"cursor,omitempty"`
}

// AuditList is one page; NextCursor is "" on the last. A page may be empty
// and have a successor: a server looks at so many lines for one request.
type AuditList struct {
	Entries    []AuditEntry `json:"entries"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// AuditEntry is one access. It holds names, never values.
type AuditEntry struct {
	Seq         uint64 `json:"seq"` // of the record of the chain that it stands in
	Time        Time   `json:"time"`
	Caller      string `json:"caller"`
	Action      string `json:"action"`
	Environment string `json:"environment,omitempty"`
	Name        string `json:"name,omitempty"`
	Version     int    `json:"version,omitempty"`
	Outcome     string `json:"outcome"`
	Lines       int    `json:"lines,omitempty"` // of action "unreadable": how many
}

// AuditCheck is the result of a walk over the whole chain.
type AuditCheck struct {
	Lines uint64 `json:"lines"` // accesses in it
	Seq   uint64 `json:"seq"`   // of its last record
}
