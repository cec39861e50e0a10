package service

import (
	"context"
	"errors"
	"io"

	"github.com/squire-env/squire/resolve/api"
)

func (s *Service) Backup(context.Context, api.BackupRequest, io.Writer) error {
	return errors.ErrUnsupported
}
