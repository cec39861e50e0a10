package service

import (
	"context"

	"github.com/squire-env/squire/resolve/api"
)

// RotateKey seals everything with a new master key, while others read and write.
// See api.Admin; the steps are in package gate.
func (s *Service) RotateKey(ctx context.Context, req api.RotateKeyRequest) (api.RotateKeyResponse, error) {
	r, err := s.gate.RotateKey(ctx, s.caller, req.AddOnly, req.DropOld)
	if err != nil {
		return api.RotateKeyResponse{}, err
	}
	return api.RotateKeyResponse{Active: r.Ring.Active().ID().String(), Keys: r.Ring.IDs(), Rewrapped: r.Rewrapped}, nil
}
