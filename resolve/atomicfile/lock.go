package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// LockMode is how a lock is held.
type LockMode bool

const (
	Shared    LockMode = false // together with other shared holders
	Exclusive LockMode = true  // by one holder alone
)

// ErrLocked is the error of who waited too long for a lock.
var ErrLocked = errors.New("held by another process")

// Lock takes an exclusive lock on a file made for that, and waits at most limit
// for it: ErrLocked. It is for the short while that it takes to replace the
// file's neighbour. The lock excludes other holders in this process too, and
// ends with release or with the process.
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

// WaitLock waits for a lock, in the kernel's queue, until ctx ends. After an
// error the file is closed, or will be: a goroutine stays behind that releases
// the lock as soon as it gets it.
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
