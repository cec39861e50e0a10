package atomicfile

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// NoFollow is a flag for os.OpenFile: nothing here, where links need a privilege.
const NoFollow = 0

const (
	noWait     = 0
	modesCount = false // modes are not how Windows says who may open a file
	dirsSync   = false // NTFS journals its names
)

// TryLock says whether it got the lock, which ends when the file is closed.
func TryLock(f *os.File, m LockMode) (bool, error) {
	err := lockFile(f, m, windows.LOCKFILE_FAIL_IMMEDIATELY)
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return false, nil
	}
	return err == nil, err
}

func blockLock(f *os.File, m LockMode) error { return lockFile(f, m, 0) }

// lockFile locks one byte far behind what a holder may write in the file: on
// Windows a lock keeps others from reading.
func lockFile(f *os.File, m LockMode, flags uint32) error {
	if m == Exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
}

// Owner is unknown: Windows has no uids.
func Owner(fs.FileInfo) (uid int, ok bool) { return 0, false }

// Adopt does nothing: what a folder's owner may do is inherited.
func Adopt(*os.File, string) error { return nil }

func adoptPath(string) error { return nil }
