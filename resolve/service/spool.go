package service

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/squire-env/squire/resolve"
)

// spool is a temporary file that disappears with its process, if the system can
// remove an open file; else the next spool removes what a crash has left.
type spool struct{ file *os.File }

const spoolPattern = "squire-backup-*.tmp"

func newSpool(dir string) (*spool, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	if left, err := filepath.Glob(filepath.Join(dir, spoolPattern)); err == nil {
		for _, path := range left {
			_ = os.Remove(path) // a process that still writes it has it open, and loses only the name
		}
	}
	f, err := os.CreateTemp(dir, spoolPattern) // 0600
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name())
	return &spool{f}, nil
}

func (s *spool) close() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name()) // if it could not be removed while it was open
}

func spoolError(err error) error {
	var perr *os.PathError
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return resolve.WithHint(fmt.Errorf("%w: the backup does not fit on the disk: %w", resolve.ErrUnavailable, err), "make room in the data folder, for as much as the store takes")
	case errors.As(err, &perr) && !errors.Is(err, resolve.ErrUnavailable):
		return fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
	}
	return err
}
