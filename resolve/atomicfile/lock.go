package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// LockMode is the kind of a lock.
type LockMode bool

const (
	Shared    LockMode = false // excludes exclusive locks
	Exclusive LockMode = true  // excludes all others
)

// ErrLocked says that a lock was not released within the time limit.
var ErrLocked = errors.New("held by another process")

// Lock takes an exclusive lock on a lock file, which it creates if necessary. If it
// does not get the lock within limit, the error is ErrLocked. The lock also excludes
// other callers in this process; it ends with release or with the process.
func Lock(path string, limit time.Duration) (release func(), err error) {
	f, err := OpenOrCreate(path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	ok, err := TryLock(f, Exclusive)
	switch {
	case err != nil:
		f.Close()
		return nil, err
	case !ok:
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		err = WaitLock(ctx, f, Exclusive)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%s is %w (waited %s)", path, ErrLocked, limit)
	case err != nil:
		return nil, err
	}
	return func() { f.Close() }, nil
}

// WaitLock waits for a lock until ctx ends. After an error the file is closed: if
// ctx ended, by a goroutine that waits until the kernel has given it the lock.
func WaitLock(ctx context.Context, f *os.File, m LockMode) error {
	const waiting, locked, abandoned = 0, 1, 2
	state := make(chan int, 1)
	state <- waiting
	done := make(chan error, 1)
	go func() {
		err := blockLock(f, m)
		if <-state == abandoned || err != nil {
			f.Close()
			state <- abandoned
		} else {
			state <- locked
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	if s := <-state; s == locked {
		state <- s
		return <-done
	}
	state <- abandoned
	return ctx.Err()
}
