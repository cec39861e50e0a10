//go:build unix

package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/squire-env/squire/resolve"
)

func flockMode(m mode) int {
	if m == exclusive {
		return unix.LOCK_EX
	}
	return unix.LOCK_SH
}

// tryLock says whether it got the lock at once.
func tryLock(f *os.File, m mode) (bool, error) {
	switch err := flock(f, flockMode(m)|unix.LOCK_NB); err {
	case nil:
		return true, nil
	case unix.EWOULDBLOCK:
		return false, nil
	default:
		return false, os.NewSyscallError("flock", err)
	}
}

// blockLock waits for the lock.
func blockLock(f *os.File, m mode) error {
	return os.NewSyscallError("flock", flock(f, flockMode(m)))
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}

// checkMode refuses what others may open: the looser mode may be a mistake,
// and it may be how a key or a store gets away.
func checkMode(path string, info os.FileInfo, want os.FileMode) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return resolve.WithHint(fmt.Errorf("%w: others may open %s (mode %04o, want %04o)", resolve.ErrUnavailable, path, mode, want), "chmod %03o %s", want, path)
	}
	return nil
}

func ownerOf(path string) (int, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// noFollow refuses to open a link.
const noFollow = unix.O_NOFOLLOW

// Adopt gives a file or folder that root has just made to the owner of like,
// which it replaces, or where there is no such thing of its folder: they must
// be able to use it when root is gone. It follows no link, for the folder may
// be another's, who could have put one there since.
func Adopt(path, like string) error {
	uid, gid, ok := heir(path, like)
	if !ok {
		return nil
	}
	return os.Lchown(path, uid, gid)
}

// adoptFile is Adopt for who has it open.
func adoptFile(f *os.File, path, like string) error {
	uid, gid, ok := heir(path, like)
	if !ok {
		return nil
	}
	return f.Chown(uid, gid)
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

// SyncDir makes the names in a folder durable.
func SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
