package atomicfile

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// NoFollow is a flag for os.OpenFile. Symbolic links need a privilege on Windows.
const NoFollow = 0

const (
	noWait       = 0
	modesMatter  = false // the mode does not say who can open a file
	dirsNeedSync = false // NTFS journals renames
)

// OpenFile is os.OpenFile for a regular file.
func OpenFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, flag, mode)
}

// TryLock says whether it got the lock, without waiting. Closing the file releases
// the lock.
func TryLock(f *os.File, m LockMode) (bool, error) {
	err := lockFile(f, m, windows.LOCKFILE_FAIL_IMMEDIATELY)
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return false, nil
	}
	return err == nil, err
}

func blockLock(f *os.File, m LockMode) error { return lockFile(f, m, 0) }

// lockFile locks one byte far beyond the content: on Windows a locked range cannot
// be read by others.
func lockFile(f *os.File, m LockMode, flags uint32) error {
	if m == Exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
}

// Owner returns nothing: Windows has no uids.
func Owner(fs.FileInfo) (uid int, ok bool) { return 0, false }

// Adopt does nothing: files inherit the access rights of their folder.
func Adopt(*os.File, string) error { return nil }

func adoptPath(string) error { return nil }
