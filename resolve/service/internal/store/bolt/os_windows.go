package bolt

import (
	"os"

	"golang.org/x/sys/windows"
)

func tryLock(f *os.File, m mode) (bool, error) {
	err := lockFile(f, m, windows.LOCKFILE_FAIL_IMMEDIATELY)
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return false, nil
	}
	return err == nil, err
}

func blockLock(f *os.File, m mode) error { return lockFile(f, m, 0) }

// lockFile locks one byte far behind the pid that a holder writes: on Windows
// a lock keeps others from reading.
func lockFile(f *os.File, m mode, flags uint32) error {
	if m == exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
}

// Modes are not how Windows says who may open a file.
func checkMode(string, os.FileInfo, os.FileMode) error { return nil }

func ownerOf(string) (int, bool) { return 0, false }

// noFollow is nothing: links need a privilege here.
const noFollow = 0

// Adopt does nothing: what a folder's owner may do is inherited.
func Adopt(_, _ string) error { return nil }

func adoptFile(*os.File, string, string) error { return nil }

// SyncDir does nothing: NTFS journals its names.
func SyncDir(string) error { return nil }

func lockPIDs(string) []int { return nil }
