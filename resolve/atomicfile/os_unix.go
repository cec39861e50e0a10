//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// NoFollow is a flag for os.OpenFile: opening a symbolic link fails.
const NoFollow = unix.O_NOFOLLOW

const (
	noWait       = unix.O_NONBLOCK
	modesMatter  = true
	dirsNeedSync = true
)

// OpenFile is os.OpenFile for a regular file. It does not offer the file to the
// runtime's poller, which takes no regular files: the attempt costs six system
// calls, and at the start of a process the poller itself.
func OpenFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	for {
		fd, err := unix.Open(path, flag|unix.O_CLOEXEC, uint32(mode.Perm()))
		switch err {
		case nil:
			return os.NewFile(uintptr(fd), path), nil
		case unix.EINTR:
		default:
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// TryLock says whether it got the lock, without waiting. Closing the file releases
// the lock.
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

// Owner returns the user that a file belongs to; ok is false if the system does not
// say.
func Owner(info fs.FileInfo) (uid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// Adopt gives an open file that root has created to the owner of like, the file
// that it will replace, or, if that does not exist, to the owner of the folder: that
// user must be able to use it later. If the process is not root, it does nothing.
func Adopt(f *os.File, like string) error {
	uid, gid, ok := heir(f.Name(), like)
	if !ok {
		return nil
	}
	return f.Chown(uid, gid)
}

// adoptPath is Adopt for a new folder. It does not follow a symbolic link: the
// owner of the folder above could have replaced the new one.
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
