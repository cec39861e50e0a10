package service

import (
	"context"

	"github.com/squire-env/squire/resolve/api"
)

// VerifyAudit walks the audit chain.
func (s *Service) VerifyAudit(ctx context.Context) (api.AuditCheck, error) {
	walk, err := s.gate.Verify(ctx, s.caller, nil)
	if err != nil {
		return api.AuditCheck{}, err
	}
	return api.AuditCheck{Lines: walk.Lines, Seq: walk.Seq}, nil
}
