package bolt

import (
	"errors"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve/atomicfile"
)

// create builds the store beside its place, makes it durable, and then links it
// there: other processes see no store or a complete one, and an existing file is
// never replaced. The caller has the exclusive lock.
func (b *Store) create() error {
	err := b.build(func(db *bbolt.DB) error {
		if b.cfg.Init == nil {
			return nil
		}
		_, err := b.run(db, true, b.cfg.Init)
		return err
	})
	if err != nil {
		return err
	}
	if err := b.cfg.TestStep("store link"); err != nil {
		return err
	}
	if err := atomicfile.LinkNew(b.newPath(), b.path); err != nil {
		return fileError(err)
	}
	if err := b.cfg.TestStep("store sync dir"); err != nil {
		return err
	}
	return fileError(atomicfile.SyncDir(b.cfg.Dir))
}

// build creates a bbolt file at newPath and fills it. After an error it is
// removed.
func (b *Store) build(fill func(*bbolt.DB) error) (err error) {
	path := b.newPath()
	defer func() {
		if err != nil {
			_ = os.Remove(path)
			err = fileError(err)
		}
	}()
	if err := b.cfg.TestStep("store temp"); err != nil {
		return err
	}
	return guard(path, func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{
			FreelistType: bbolt.FreelistMapType,
			NoStatistics: true,
			NoSync:       true, // once, below
			Timeout:      time.Millisecond,
			OpenFile: func(p string, _ int, mode os.FileMode) (*os.File, error) {
				f, err := os.OpenFile(p, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
				if err == nil {
					if err = atomicfile.Adopt(f, b.path); err != nil {
						f.Close()
					}
				}
				return f, err
			},
		})
		if err != nil {
			return err
		}
		err = fill(db)
		if err == nil {
			err = db.Sync()
		}
		return errors.Join(err, db.Close())
	})
}
