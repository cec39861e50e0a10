package service

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/archive"
	"github.com/squire-env/squire/resolve/service/internal/gate"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// RestoreConfig says where a backup goes, and who opens it.
type RestoreConfig struct {
	// Config says where the store is to be. Its Caller and Held count for
	// nothing. A key file that is there gets the backup's keys, and its active
	// one stays; else it is made of them. A MasterKey must be the one key of
	// the backup.
	Config
	// Decrypt opens the backup: agefile.Decrypt of identities. Its errors are
	// what the caller sees. Nil: nothing opens one, an ErrInvalid.
	Decrypt func(io.Reader) (io.Reader, error)
	// Force replaces a store that is there. False: that is an ErrExists.
	Force bool
}

// Restored says what came out of a backup.
type Restored struct {
	Store     string // its id
	CreatedAt string // the backup, in api.TimeLayout
	Records   int
}

// Restore makes a store of the backup in r. It replaces nothing before it has
// read all of it and found that it is whole, that every record opens, and that
// the audit trail holds: a backup for which that is not so is an ErrCorrupt,
// and leaves all as it was. A store that somebody holds is an ErrBusy.
func Restore(ctx context.Context, c RestoreConfig, r io.Reader) (Restored, error) {
	c.Held = false
	s, err := Open(ctx, c.Config)
	if err != nil {
		return Restored{}, err
	}
	defer s.Close()
	target, ok := s.store.(store.Replacer)
	if !ok {
		return Restored{}, fmt.Errorf("a restore to %s: %w", s.store.Location(), errors.ErrUnsupported)
	}
	in := &source{r: r}
	a, ring, err := openBackup(in, c.Decrypt)
	if err != nil {
		return Restored{}, in.fault(ctx, err)
	}
	return s.restore(ctx, target, c.Force, in, a, ring)
}

func (s *Service) restore(ctx context.Context, target store.Replacer, force bool, in *source, a *archive.Reader, ring *seal.Keyring) (Restored, error) {
	done := Restored{Store: a.Header.Store, CreatedAt: a.Header.CreatedAt.String()}
	check, err := gate.NewInspection(a.Header.Store, ring)
	if err != nil {
		return Restored{}, err
	}
	keys, location := s.gate.Keys, s.store.Location()
	if err := keys.Accept(ring); err != nil {
		return Restored{}, err
	}
	err = target.Replace(ctx, store.Replacement{
		Force: force,
		Fill: func(put func(bucket, key string, value []byte) error) error {
			for done.Records = 0; ; done.Records++ {
				bucket, key, value, err := a.Next()
				if err == io.EOF {
					return nil
				}
				if err == nil {
					err = check.Record(bucket, key, value)
				}
				if err == nil {
					err = put(bucket, key, value)
				}
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					return in.fault(ctx, err)
				}
			}
		},
		Check: func(tx store.Tx) error { return check.Whole(ctx, tx, location) },
		Ready: func() error { return keys.Merge(ring, location) },
	})
	if err != nil {
		return Restored{}, err
	}
	return done, keys.Note(a.Header.Store, location)
}

// openBackup reads up to the first record.
func openBackup(in io.Reader, decrypt func(io.Reader) (io.Reader, error)) (*archive.Reader, *seal.Keyring, error) {
	if decrypt == nil {
		return nil, nil, resolve.WithHint(fmt.Errorf("%w restore: it needs an identity that opens the backup", resolve.ErrInvalid), "squired restore --identity key.txt")
	}
	plain, err := decrypt(in)
	if err != nil {
		return nil, nil, err
	}
	a, err := archive.NewReader(plain)
	if err != nil {
		return nil, nil, err
	}
	ring, err := seal.ParseKeyring("in the backup", a.Header.Keyring)
	if err != nil {
		return nil, nil, fmt.Errorf("%w backup: its keys are damaged", resolve.ErrCorrupt)
	}
	return a, ring, nil
}

// source keeps the error of what a backup is read from: a disk that fails, or
// a server that goes away, does not make a backup corrupt.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (s *source) fault(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case s.err != nil && errors.Is(err, resolve.ErrCorrupt):
		return fmt.Errorf("%w: reading the backup: %w", resolve.ErrUnavailable, s.err)
	}
	return err
}
