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

// RestoreConfig says where a backup is restored, and how it is decrypted.
type RestoreConfig struct {
	// Config says where the store will be. Its Caller and Held are ignored. The
	// keys of the backup are added to an existing key file, which keeps its active
	// key, or a new key file is created from them. A MasterKey must be the only
	// key of the backup.
	Config
	// Decrypt decrypts the backup: agefile.Decrypt with identities. Its errors
	// are returned as they are. Nil: an ErrInvalid.
	Decrypt func(io.Reader) (io.Reader, error)
	// Force replaces an existing store. False: that is an ErrExists.
	Force bool
}

// Restored describes a restored backup.
type Restored struct {
	Store     string // its id
	CreatedAt string // the backup, in api.TimeLayout
	Records   int
}

// Restore creates a store from the backup in r. It replaces nothing before it has
// read the whole backup and found that it is complete, that every record opens,
// and that the audit trail is valid; otherwise the error is an ErrCorrupt, and
// nothing is changed. If another process holds the store, it is an ErrBusy.
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
		return nil, nil, resolve.WithHint(fmt.Errorf("%w restore: no identity to decrypt the backup", resolve.ErrInvalid), "squired restore --identity key.txt")
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

// source keeps the error of the reader of a backup: a failed disk or connection
// must not be reported as a corrupt backup.
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
