//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// NoFollow is a flag for os.OpenFile, which then refuses to open a link.
const NoFollow = unix.O_NOFOLLOW

const (
	noWait     = unix.O_NONBLOCK
	modesCount = true
	dirsSync   = true
)

// TryLock says whether it got the lock, which ends when the file is closed.
func TryLock(f *os.File, m LockMode) (bool, error) {
	switch err := flock(f, flockMode(m)|unix.LOCK_NB); err {
	case nil:
		return true, nil
	case unix.EWOULDBLOCK:
		return false, nil
	default:
		return false, os.NewSyscallError("flock", err)
	}
}

func blockLock(f *os.File, m LockMode) error {
	return os.NewSyscallError("flock", flock(f, flockMode(m)))
}

func flockMode(m LockMode) int {
	if m == Exclusive {
		return unix.LOCK_EX
	}
	return unix.LOCK_SH
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}

// Owner is the user that a file belongs to; ok is false where the system does
// not say it.
func Owner(info fs.FileInfo) (uid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// Adopt gives an open file that root has just created to the owner of the file
// that it is to replace, or where like names none, of its folder: they must be
// able to use it when root is gone. For other users it does nothing.
func Adopt(f *os.File, like string) error {
	uid, gid, ok := heir(f.Name(), like)
	if !ok {
		return nil
	}
	return f.Chown(uid, gid)
}

// adoptPath is Adopt for a folder just created. It follows no link: the folder
// that it is in may be another user's, who could have put one there since.
func adoptPath(path string) error {
	uid, gid, ok := heir(path, "")
	if !ok {
		return nil
	}
	return os.Lchown(path, uid, gid)
}

func heir(path, like string) (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	info, err := os.Lstat(like)
	if like == "" || err != nil {
		info, err = os.Stat(filepath.Dir(path))
	}
	if err != nil {
		return 0, 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Uid == 0 {
		return 0, 0, false
	}
	return int(st.Uid), int(st.Gid), true
}
