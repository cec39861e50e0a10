package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
)

// File is the file of a keyring.
type File struct {
	Path        string
	LockTimeout time.Duration           // how long to wait for another writer
	TestStep    func(step string) error // a hook for tests, see store.Options; nil: none
}

// Load reads the keyring. No file: resolve.ErrNoKey.
func (f File) Load() (*Keyring, error) {
	file, err := atomicfile.OpenFile(f.Path, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s does not exist", resolve.ErrNoKey, f.Path)
	}
	if err != nil {
		return nil, resolve.WithHint(fmt.Errorf("%w: %w", resolve.ErrNoKey, err), "run as the owner of %s, or set SQUIRE_MASTER_KEY_FILE", f.Path)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := atomicfile.CheckFile(f.Path, info); err != nil {
		return nil, fileError(err)
	}
	b, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%w: reading %s: %w", resolve.ErrUnavailable, f.Path, err)
	}
	return parseRing(f.Path, b)
}

// Create creates a keyring with a new key, or reads the one that another process
// created meanwhile. It never replaces a file.
func (f File) Create() (*Keyring, error) {
	if err := atomicfile.MkdirAll(filepath.Dir(f.Path)); err != nil {
		return nil, fileError(err)
	}
	release, err := f.lock(f.Path)
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
	return r, f.put(f.Path, r, atomicfile.Options{New: true})
}

func (f File) absent() error { _, err := os.Lstat(f.Path); return err }

// Record records in the file that these keys seal the store at this path.
func (f File) Record(known *Keyring, id, path string) error {
	if known.knows(id, path) {
		return nil
	}
	if f.TestStep != nil {
		if err := f.TestStep("key record"); err != nil {
			return err
		}
	}
	_, err := f.change(func(r *Keyring) bool { // the file may have changed meanwhile
		if r.knows(id, path) {
			return false
		}
		r.record(id, path)
		return true
	})
	return err
}

// change locks and reads the keyring again, and writes it if fn reports that it
// has changed it.
func (f File) change(fn func(*Keyring) bool) (*Keyring, error) {
	// A link is kept: the file that it leads to is locked and replaced.
	real, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
	}
	release, err := f.lock(real)
	if err != nil {
		return nil, err
	}
	defer release()
	r, err := f.Load()
	if err != nil || !fn(r) {
		return r, err
	}
	return r, f.put(real, r, atomicfile.Options{})
}

// put writes the keyring. The caller has the lock, so a temporary file that is
// left belongs to no running process.
func (f File) put(path string, r *Keyring, o atomicfile.Options) error {
	b, err := r.marshal()
	if err != nil {
		return err
	}
	o.Temporary, o.Adopt = filepath.Base(path)+".new", true
	if f.TestStep != nil {
		o.TestStep = func(step string) error { return f.TestStep("key " + step) }
	}
	return fileError(atomicfile.Write(path, o, func(w io.Writer) error { _, err := w.Write(b); return err }))
}

// lock excludes other writers of the file at path.
func (f File) lock(path string) (release func(), err error) {
	release, err = atomicfile.Lock(path+".lock", f.LockTimeout)
	if errors.Is(err, atomicfile.ErrLocked) {
		return nil, fmt.Errorf("%w: %w", resolve.ErrBusy, err)
	}
	return release, fileError(err)
}

// fileError makes an ErrUnavailable of what the system says, with a hint where
// there is something to do.
func fileError(err error) error {
	if err == nil {
		return nil
	}
	unavailable := fmt.Errorf("%w: %w", resolve.ErrUnavailable, err)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return resolve.WithHint(unavailable, "run as the owner of the key file, or set SQUIRE_MASTER_KEY_FILE")
	case errors.Is(err, syscall.ENOSPC):
		return resolve.WithHint(unavailable, "make room on the disk; nothing that was stored is lost")
	}
	return unavailable
}
