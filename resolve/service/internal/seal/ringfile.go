package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/squire-env/squire/resolve"
)

// File is where a keyring is kept. The rules of the file system come from the
// caller: they are those of the store (and seal does not import it).
type File struct {
	Path         string
	CheckPrivate func(path string, info fs.FileInfo) error // refuses a mode that lets others in
	MakeDir      func(path string) error
	SyncDir      func(path string) error
	Adopt        func(path, like string) error // a file just made belongs to the owner of like, else of its folder
	LinkNew      func(from, to string) error
	Lock         func(path string) (release func(), err error) // excludes other writers
	TestStep     func(step string) error                       // a seam for tests, as store.Config's
}

// Load reads the keyring. No file: resolve.ErrNoKey.
func (f File) Load() (*Keyring, error) {
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is not there", resolve.ErrNoKey, f.Path)
	}
	if err != nil {
		return nil, resolve.WithHint(fmt.Errorf("%w: %w", resolve.ErrNoKey, err), "run as the owner of %s, or set SQUIRE_MASTER_KEY_FILE", f.Path)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := f.CheckPrivate(f.Path, info); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%w: reading %s: %w", resolve.ErrUnavailable, f.Path, err)
	}
	return parseRing(f.Path, b)
}

// Create makes a keyring with a fresh key, or reads the one that somebody
// else made meanwhile. It never replaces a file.
func (f File) Create() (*Keyring, error) {
	if err := f.MakeDir(filepath.Dir(f.Path)); err != nil {
		return nil, err
	}
	release, err := f.Lock(f.Path + ".lock")
	if err != nil {
		return nil, err
	}
	defer release()
	r, err := f.Load()
	if err == nil || !errors.Is(err, resolve.ErrNoKey) || !errors.Is(f.absent(), fs.ErrNotExist) {
		return r, err
	}
	r = RingOf(NewKey())
	r.path = f.Path
	return r, f.put(f.Path, r, f.LinkNew)
}

func (f File) absent() error { _, err := os.Lstat(f.Path); return err }

// Record notes that these keys seal the store at this path.
func (f File) Record(known *Keyring, id, path string) error {
	if known.knows(id, path) {
		return nil
	}
	if err := f.TestStep("key record"); err != nil {
		return err
	}
	_, err := f.change(func(r *Keyring) bool { // somebody may have recorded another
		if r.knows(id, path) {
			return false
		}
		r.record(id, path)
		return true
	})
	return err
}

// change lets fn change the keyring, which is read anew under its lock, and
// writes it where fn says that it did.
func (f File) change(fn func(*Keyring) bool) (*Keyring, error) {
	// A link stays: the file behind it is replaced, and is what is locked.
	real, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
	}
	release, err := f.Lock(real + ".lock")
	if err != nil {
		return nil, err
	}
	defer release()
	r, err := f.Load()
	if err != nil || !fn(r) {
		return r, err
	}
	return r, f.put(real, r, os.Rename)
}

// put writes the file beside its place and moves it there, whole and on the
// disk. The caller has the lock, so a leftover is nobody's.
func (f File) put(path string, r *Keyring, move func(from, to string) error) error {
	temp := path + ".new"
	b, err := r.marshal()
	if err != nil {
		return err
	}
	_ = os.Remove(temp)
	if err := f.TestStep("key temp"); err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := errors.Join(writeSynced(temp, b), f.Adopt(temp, path)); err != nil {
		return fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
	}
	if err := f.TestStep("key link"); err != nil {
		return err
	}
	if err := move(temp, path); err != nil {
		return fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
	}
	if err := f.TestStep("key sync dir"); err != nil {
		return err
	}
	return f.SyncDir(filepath.Dir(path))
}

func writeSynced(path string, b []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
