// Package bolt keeps a store in one bbolt file.
//
// Start with Config, a store.Backend. It promises what store.Store does, also
// when several processes use the file: each waits for its turn, a crash at any
// point leaves the old or the new state, and a damaged file is an ErrCorrupt,
// never a panic or an empty store.
package bolt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// FileName is the name of the store in its folder.
const FileName = "store.db"

// Config says where the store is. It is a store.Backend.
type Config struct {
	// Dir holds everything, 0700; created by the first Update.
	//
	//	store.db   0600  the bbolt file
	//	store.new  0600  only while a store is created or compacted
	//	lock       0600  flock: shared by readers, exclusive for a writer
	//	queue      0600  flock: taken before lock, so that writers are not starved
	//	reads/     0700  audit lines of reads: see audit.Reads
	Dir string
	// Held opens the file at first use and keeps it, under the exclusive lock,
	// until Close. False: each transaction opens the file and closes it again.
	Held bool
}

var _ store.Backend = Config{}

// Open does not open the file: the first transaction does.
func (c Config) Open(_ context.Context, o store.Options) (store.Store, error) {
	b, err := open(c, o)
	if err != nil {
		return nil, err // not a nil *Store in the interface
	}
	return b, nil
}

// Store is a store.Store in one bbolt file.
type Store struct {
	cfg  settings
	path string
	held *held // nil: each transaction opens the file

	listener func(topics []string) // nil: none
}

type settings struct {
	Config
	store.Options
}

var _ store.Store = (*Store)(nil)

func open(c Config, o store.Options) (*Store, error) {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	c.Dir = dir
	b := &Store{cfg: settings{c, o.WithDefaults()}, path: filepath.Join(dir, FileName)}
	if c.Held {
		b.held = newHeld(b)
	}
	return b, nil
}

// Listen sets the listener. It is called for commits of this process only.
func (b *Store) Listen(fn func(topics []string)) { b.listener = fn }

// Dir is the absolute path of the folder.
func (b *Store) Dir() string { return b.cfg.Dir }

// Location is the absolute path of the file.
func (b *Store) Location() string { return b.path }

// Exists checks for the file.
func (b *Store) Exists(context.Context) (bool, error) {
	if b.held != nil && b.held.isOpen() {
		return true, nil
	}
	switch _, err := os.Lstat(b.path); {
	case err == nil:
		return true, nil
	case os.IsNotExist(err):
		return false, nil
	default:
		return false, fileError(err)
	}
}

// View opens the file for reading under the shared lock.
func (b *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	ok, err := b.Exists(ctx)
	if err != nil {
		return err
	}
	if !ok {
		return store.ErrAbsent
	}
	if b.held != nil {
		return b.held.view(ctx, fn)
	}
	if err := checkDir(b.cfg.Dir); err != nil {
		return err
	}
	l, err := b.lock(ctx, shared)
	if err != nil {
		return err
	}
	defer l.release()
	db, err := b.open(true)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = b.run(db, false, fn)
	return err
}

// Update opens the file for writing under the exclusive lock.
func (b *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	if b.held != nil {
		return b.held.update(ctx, fn)
	}
	l, err := b.lockToWrite(ctx)
	if err != nil {
		return err
	}
	defer l.release()
	db, err := b.open(false)
	if err != nil {
		return err
	}
	defer db.Close() // for a panic; closing twice is allowed
	left, err := b.run(db, true, fn)
	if cerr := db.Close(); err == nil && cerr != nil {
		return fileError(cerr)
	}
	if err != nil {
		return err
	}
	if err := b.purge(left, b.compact); err != nil {
		return &store.Unpurged{Err: err}
	}
	return nil
}

// purge removes the deleted bytes that this transaction, or an earlier one, has
// left in the file.
func (b *Store) purge(left leftover, compact func() error) error {
	if left == nothing {
		return nil
	}
	err := compact()
	if err != nil && left == ofOthers { // this call has not failed
		b.warnf("an earlier deletion: %v", err)
		return nil
	}
	return err
}

// Close closes a held store.
func (b *Store) Close() error {
	if b.held != nil {
		return b.held.close()
	}
	return nil
}

// lockToWrite creates the folder, takes the exclusive lock, and creates the store
// if there is none.
func (b *Store) lockToWrite(ctx context.Context) (*lock, error) {
	if err := b.cfg.TestStep("store dir"); err != nil {
		return nil, err
	}
	if err := makeDir(b.cfg.Dir); err != nil {
		return nil, err
	}
	l, err := b.lock(ctx, exclusive)
	if err != nil {
		return nil, err
	}
	if err := b.prepare(); err != nil {
		l.release()
		return nil, err
	}
	return l, nil
}

func (b *Store) prepare() error {
	// A crash may have left the file. This process has the lock, so nobody uses it.
	if err := os.Remove(b.newPath()); err != nil && !os.IsNotExist(err) {
		return fileError(err)
	}
	for _, name := range b.cfg.Folders {
		if err := makeDir(filepath.Join(b.cfg.Dir, name)); err != nil {
			return err
		}
	}
	ok, err := b.Exists(context.Background())
	if err != nil || ok {
		return err
	}
	return b.create()
}

func (b *Store) newPath() string { return filepath.Join(b.cfg.Dir, "store.new") }

// open opens the file, and never creates it. The caller holds the lock.
func (b *Store) open(readOnly bool) (db *bbolt.DB, err error) {
	err = guard(b.path, func() (err error) {
		db, err = bbolt.Open(b.path, 0o600, &bbolt.Options{
			ReadOnly:     readOnly,
			FreelistType: bbolt.FreelistMapType,
			NoStatistics: true,
			Timeout:      time.Millisecond, // of bbolt's own lock, which only the bbolt command can hold
			OpenFile: func(path string, flag int, _ os.FileMode) (*os.File, error) {
				return b.openChecked(path, flag&^os.O_CREATE)
			},
		})
		return err
	})
	if err != nil {
		return nil, fileError(err)
	}
	return db, nil
}

// run runs one transaction on an open file, and returns what must be purged.
func (b *Store) run(db *bbolt.DB, write bool, fn func(store.Tx) error) (left leftover, err error) {
	err = guard(b.path, func() error {
		t, err := db.Begin(write)
		if err != nil {
			return fileError(err)
		}
		defer func() { _ = t.Rollback() }() // no effect after a commit
		tx := &transaction{tx: t, sequential: b.cfg.Sequential}
		if b.held != nil && !write {
			tx.state = b.held.stateOf(t.ID())
		}
		if err := fn(tx); err != nil || !write {
			return err
		}
		if left, err = tx.leftover(); err != nil {
			return err
		}
		if err := b.cfg.TestStep("commit"); err != nil {
			return err
		}
		if err := t.Commit(); err != nil {
			return fileError(fmt.Errorf("writing %s: %w", b.path, err))
		}
		if len(tx.topics) > 0 && b.listener != nil {
			b.listener(tx.topics)
		}
		return nil
	})
	return left, err
}

// warnf reports what does not fail the current call.
func (b *Store) warnf(format string, args ...any) { b.cfg.Warn(fmt.Sprintf(format, args...)) }

// busy is the error of a wait that took too long.
func busy(what, holder string) error {
	if holder == "" {
		return fmt.Errorf("%w: %s is held by another process", resolve.ErrBusy, what)
	}
	return fmt.Errorf("%w: %s is held by %s", resolve.ErrBusy, what, holder)
}
