//go:build unix

package config

import (
	"io/fs"
	"os"
	"syscall"
)

// identity tells folders apart.
type identity struct{ device, inode uint64 }

// exists is os.Lstat for a search that nearly always finds nothing: it allocates
// nothing, and takes half of the time.
func exists(path string) error {
	var s syscall.Stat_t
	return retry(func() error { return syscall.Lstat(path, &s) })
}

func identify(folder string) (identity, error) {
	var s syscall.Stat_t
	err := retry(func() error { return syscall.Stat(folder, &s) })
	return identity{uint64(s.Dev), uint64(s.Ino)}, err
}

func retry(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}

// isOwn is true of files of the caller and of root.
func isOwn(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == os.Geteuid())
}
