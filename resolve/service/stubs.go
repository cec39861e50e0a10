package service

import (
	"context"
	"errors"

	"github.com/squire-env/squire/resolve/api"
)

func (s *Service) Watch(context.Context, api.WatchRequest) (api.WatchResponse, error) {
	return api.WatchResponse{}, errors.ErrUnsupported
}

func (s *Service) CreateToken(context.Context, api.CreateTokenRequest) (api.NewToken, error) {
	return api.NewToken{}, errors.ErrUnsupported
}

func (s *Service) ListTokens(context.Context) ([]api.Token, error) { return nil, errors.ErrUnsupported }

func (s *Service) RevokeToken(context.Context, api.RevokeTokenRequest) error {
	return errors.ErrUnsupported
}

func (s *Service) ListAudit(context.Context, api.AuditRequest) (api.AuditList, error) {
	return api.AuditList{}, errors.ErrUnsupported
}
