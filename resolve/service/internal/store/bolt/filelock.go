package bolt

import (
	"context"
	"fmt"
	"os"
	"time"
)

// LockFile takes an exclusive lock on a file made for that, for the short
// while that it takes to replace its neighbour.
func LockFile(path string, limit time.Duration) (release func(), err error) {
	f, err := OpenOrMake(path, os.O_RDWR)
	if err != nil {
		return nil, fileError(err)
	}
	ok, err := tryLock(f, exclusive)
	if err == nil && !ok {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := waitLock(ctx, f, exclusive); err != nil {
			return nil, fmt.Errorf("%w (waited %s)", busy(path, ""), limit)
		}
	} else if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
