package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
)

type mode = atomicfile.LockMode

const shared, exclusive = atomicfile.Shared, atomicfile.Exclusive

// lock is a lock on the store, until release.
//
// It is a file of its own, which is never renamed: compaction renames the store,
// and a process that waits for a lock on the store itself would get one on the
// unlinked file. Two files make it fair: every process locks "queue" (exclusive)
// before "lock" (shared or exclusive), and releases "queue" then. A writer that
// waits for readers holds "queue", so that later readers wait behind it.
type lock struct {
	file *os.File // nil: no lock file, on a medium that cannot have one
	wide bool
}

func (l *lock) release() {
	if l.file == nil {
		return
	}
	if l.wide {
		_ = l.file.Truncate(0)
	}
	_ = l.file.Close()
}

func (b *Store) lock(ctx context.Context, m mode) (*lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// One clock for both files, started by the first wait.
	var deadline context.Context
	var since time.Time
	var cancel context.CancelFunc
	wait := func() context.Context {
		if deadline == nil {
			since = time.Now()
			deadline, cancel = context.WithTimeout(ctx, b.cfg.LockTimeout)
		}
		return deadline
	}
	defer func() {
		if cancel != nil {
			cancel()
		}
	}()
	queue, err := b.take("queue", exclusive, m, wait)
	if err != nil {
		return nil, b.lockError(ctx, since, err)
	}
	file, err := b.take("lock", m, m, wait)
	if queue != nil {
		_ = queue.Close()
	}
	if err != nil {
		return nil, b.lockError(ctx, since, err)
	}
	if m == exclusive && file != nil {
		// For systems that do not list the holders of a lock.
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &lock{file: file, wide: m == exclusive}, nil
}

// take opens one of the two files and locks it. purpose is the mode of the whole
// lock. A reader on a read-only medium uses the existing file, or none (nil).
func (b *Store) take(name string, how, purpose mode, wait func() context.Context) (*os.File, error) {
	path := filepath.Join(b.cfg.Dir, name)
	f, err := atomicfile.OpenOrCreate(path, os.O_RDWR)
	if err != nil && purpose == shared && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOSPC)) {
		if f, err = os.Open(path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	if err != nil {
		return nil, err
	}
	ok, err := atomicfile.TryLock(f, how)
	if err == nil && !ok {
		err = atomicfile.WaitLock(wait(), f, how)
		if err != nil {
			return nil, err // the waiter closes the file
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// lockError names the holder of the store if a timeout ended the wait: that of
// Options, or the caller's.
func (b *Store) lockError(ctx context.Context, since time.Time, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return fileError(err)
	}
	fault := busy("the store "+b.path, describeHolders(b.cfg.Dir))
	if ctx.Err() != nil {
		fault = fmt.Errorf("%w: %w", fault, ctx.Err())
	}
	fault = fmt.Errorf("%w (waited %s)", fault, time.Since(since).Round(time.Millisecond))
	return resolve.WithHint(fault, "wait for it to end, or stop it")
}
