package bolt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

var _ store.Replacer = (*Store)(nil)

// fillBatch limits the memory of Fill: it is the number of bytes in one
// transaction.
const fillBatch = 8 << 20

// Replace builds a file beside the store, and links or renames it to its place
// under the exclusive lock. Then it empties the Folders: their files belong to the
// old store.
func (b *Store) Replace(ctx context.Context, r store.Replacement) error {
	if b.held != nil {
		return fmt.Errorf("%w: a store that is being served cannot be replaced", resolve.ErrBusy)
	}
	if err := b.cfg.TestStep("store dir"); err != nil {
		return err
	}
	if err := makeDir(b.cfg.Dir); err != nil {
		return err
	}
	l, err := b.lock(ctx, exclusive)
	if err != nil {
		return err
	}
	defer l.release()
	if err := os.Remove(b.newPath()); err != nil && !os.IsNotExist(err) {
		return fileError(err)
	}
	there, err := b.Exists(ctx)
	if err != nil {
		return err
	}
	if there && !r.Force {
		return resolve.WithHint(fmt.Errorf("the store %s %w", b.path, resolve.ErrExists), "replace it and all that is in it with --force, or set another --data-dir")
	}
	err = b.build(func(db *bbolt.DB) error {
		if err := b.fill(db, r.Fill); err != nil {
			return err
		}
		return db.View(func(tx *bbolt.Tx) error { return r.Check(&transaction{tx: tx}) })
	})
	if err != nil {
		return err
	}
	if err := b.swap(ctx, there, r.Ready); err != nil {
		_ = os.Remove(b.newPath()) // it fails if the file is in its place already
		return err
	}
	return b.emptyFolders()
}

func (b *Store) swap(ctx context.Context, there bool, ready func() error) error {
	for _, name := range b.cfg.Folders {
		if err := makeDir(filepath.Join(b.cfg.Dir, name)); err != nil {
			return err
		}
	}
	if err := ready(); err != nil {
		return err
	}
	if err := b.cfg.TestStep("replace"); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	move := atomicfile.LinkNew
	if there {
		move = os.Rename
	}
	if err := move(b.newPath(), b.path); err != nil {
		return fileError(err)
	}
	if err := b.cfg.TestStep("replace sync dir"); err != nil {
		return err
	}
	return fileError(atomicfile.SyncDir(b.cfg.Dir))
}

// fill runs fn with a put that commits after each fillBatch.
func (b *Store) fill(db *bbolt.DB, fn func(put func(bucket, key string, value []byte) error) error) error {
	t, err := db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // no effect after a commit
	tx, size := &transaction{tx: t}, 0
	err = fn(func(bucket, key string, value []byte) error {
		if size += len(key) + len(value); size > fillBatch {
			if err := t.Commit(); err != nil {
				return err
			}
			next, err := db.Begin(true)
			if err != nil {
				return err
			}
			t = next
			tx, size = &transaction{tx: t}, 0
		}
		tx.sequential = append(tx.sequential[:0], bucket) // the keys come in order
		return tx.Put(bucket, key, value)
	})
	if err != nil {
		return err
	}
	return t.Commit()
}

func (b *Store) emptyFolders() error {
	for _, name := range b.cfg.Folders {
		dir := filepath.Join(b.cfg.Dir, name)
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fileError(err)
		}
		for _, e := range entries {
			if err := b.cfg.TestStep("replace empty folder"); err != nil {
				return err
			}
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !os.IsNotExist(err) {
				return fileError(err)
			}
		}
	}
	return nil
}
