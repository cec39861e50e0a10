package service

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// The number of lines in one answer of ListAudit, by default and at most, and how
// many it searches at most.
const defaultLines, maxLines, maxLook = 100, 1_000, 100_000

// ListAudit lists the audit trail, newest first, in the order of the chain. A read
// may be added to the chain later than it happened.
func (s *Service) ListAudit(ctx context.Context, req api.AuditRequest) (api.AuditList, error) {
	q, err := auditQuery(req)
	if err != nil {
		return api.AuditList{}, err
	}
	page, err := s.gate.Audit(ctx, s.caller, q)
	if err != nil {
		return api.AuditList{}, err
	}
	answer := api.AuditList{Entries: make([]api.AuditEntry, len(page.Lines))}
	for i, l := range page.Lines {
		answer.Entries[i] = api.AuditEntry{Seq: l.Seq, Time: api.NewTime(l.Time), Caller: l.Caller, Action: l.Action,
			Environment: l.Environment, Name: l.Name, Version: l.Version, Outcome: l.Outcome, Lines: l.Lines}
	}
	if page.More {
		b, _ := page.Next.MarshalBinary()
		answer.NextCursor = base64.RawURLEncoding.EncodeToString(b)
	}
	return answer, nil
}

func auditQuery(req api.AuditRequest) (q audit.Query, err error) {
	q = audit.Query{Environment: req.Environment, Name: req.Name, Caller: req.Caller, Action: req.Action, Outcome: req.Outcome,
		Since: req.Since.Time, Before: req.Before.Time, Limit: min(req.Limit, maxLines), Look: maxLook}
	var faults []error
	if req.Environment != "" {
		faults = append(faults, resolve.CheckEnvironment(req.Environment))
	}
	if req.Name != "" {
		faults = append(faults, resolve.CheckName(req.Name))
	}
	if req.Action != "" && !gate.IsAction(req.Action) {
		faults = append(faults, resolve.WithHint(fmt.Errorf("%w action: unknown", resolve.ErrInvalid), "one of %s", strings.Join(gate.Actions(), ", ")))
	}
	if req.Limit < 0 {
		faults = append(faults, fmt.Errorf("%w limit %d: want 0 (%d) or more", resolve.ErrInvalid, req.Limit, defaultLines))
	}
	if q.Limit == 0 {
		q.Limit = defaultLines
	}
	if req.Cursor != "" {
		b, berr := base64.RawURLEncoding.DecodeString(req.Cursor)
		if berr != nil || q.From.UnmarshalBinary(b) != nil || q.From == (audit.Mark{}) {
			faults = append(faults, fmt.Errorf("%w cursor", resolve.ErrInvalid))
		}
	}
	return q, errors.Join(faults...)
}

// VerifyAudit checks the audit chain.
func (s *Service) VerifyAudit(ctx context.Context) (api.AuditCheck, error) {
	walk, err := s.gate.Verify(ctx, s.caller, nil)
	if err != nil {
		return api.AuditCheck{}, err
	}
	return api.AuditCheck{Lines: walk.Lines, Seq: walk.Seq}, nil
}
