package bolt

import (
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve/atomicfile"
)

// compactBatch limits the memory of a compaction.
const compactBatch = 16 << 20

// compact rewrites the file without deleted bytes, which bbolt itself leaves in
// free pages. The caller has the exclusive lock and no open handle.
//
// The deletion and the mark that the file must be compacted are committed
// already; after a crash or an error, the next writer compacts the file.
func (b *Store) compact() error {
	return stillThere(b.compactFile())
}

func stillThere(err error) error {
	if err != nil {
		return fmt.Errorf("deleted, but the deleted bytes are still in the file, until the next change: %w", err)
	}
	return nil
}

func (b *Store) compactFile() error {
	src, err := b.open(true)
	if err != nil {
		return err
	}
	err = b.copyLive(src)
	if cerr := src.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return b.putInPlace()
}

// copyLive builds the new file beside the old one.
func (b *Store) copyLive(src *bbolt.DB) error {
	_ = os.Remove(b.newPath()) // left by an earlier failure; this process has the lock
	return b.build(func(dst *bbolt.DB) error {
		if err := bbolt.Compact(dst, src, compactBatch); err != nil {
			return err
		}
		return dst.Update(func(tx *bbolt.Tx) error {
			if o := tx.Bucket([]byte(own)); o != nil {
				return o.Delete([]byte(purgeKey))
			}
			return nil
		})
	})
}

func (b *Store) putInPlace() error {
	if err := b.cfg.TestStep("compact rename"); err != nil {
		return err
	}
	if err := os.Rename(b.newPath(), b.path); err != nil {
		return fileError(err)
	}
	if err := b.cfg.TestStep("compact sync dir"); err != nil {
		return err
	}
	return fileError(atomicfile.SyncDir(b.cfg.Dir))
}
