package service

import (
	"context"
	"errors"

	"github.com/squire-env/squire/resolve/api"
)

func (s *Service) ListAudit(context.Context, api.AuditRequest) (api.AuditList, error) {
	return api.AuditList{}, errors.ErrUnsupported
}
